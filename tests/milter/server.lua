-- SPDX-License-Identifier: MIT
--
-- A mail server's side of the milter protocol, for the scenarios beside it, on top of miltertest's
-- functions (miltertest(8)); it runs the one that is named. Given by -D:
--
--   scenario   the file, without its end
--   socket     where the milter listens: unix:PATH or inet:PORT@ADDRESS
--   transport  what carries the milter's sessions: event or libmilter
--
-- What it prints behind "log: " has to stand in the milter's log afterwards.
--
-- Three things of miltertest that one has to know: its buffers have 1024 bytes and no bounds; of the
-- steps before the end of a message it fills in what a scenario leaves out; and mt.data() says DATA
-- twice where it was not said before, so that DATA is left to be filled in.

mt.set_timeout(60)
unpack = unpack or table.unpack

server = {
    ALL_STEPS = 0x1fffff, -- as Postfix offers them
    ALL_ACTIONS = 0x1ff,
    FORGER = "203.0.113.66",
    BOB = "bob@example.net", -- whose domain is ours
    -- Over TCP miltertest's small writes wait for acknowledgements, 40 ms each time: of what does not
    -- hang on the socket, each so-and-so-manieth is enough there.
    EACH = string.find(socket, "^inet") and 8 or 1,
}

function server.check(condition, what)
    if not condition then
        error(what, 0)
    end
end
local check = server.check

-- What is said to be so stands in a text, or does not.
function server.has(text, piece)
    check(text ~= nil and string.find(text, piece, 1, true), "no \"" .. piece .. "\" in: " .. tostring(text))
end

function server.lacks(text, piece)
    check(not string.find(text, piece, 1, true), "\"" .. piece .. "\" in: " .. text)
end

-- Says it, by miltertest's name of the step. Before the end of a message the answer is "go on",
-- where one is wanted at all.
function server.say(conn, step, ...)
    local failed = mt[step](conn, ...)

    check(failed == nil, step .. ": " .. tostring(failed))
    check(mt.getreply(conn) == SMFIR_CONTINUE, step .. " was answered with " .. string.char(mt.getreply(conn)))
end
local say = server.say

-- offer: {version, actions, steps}. Whether the milter wants to work with such a server.
function server.negotiate(conn, offer)
    -- The manual has the last two the other way round.
    return mt.negotiate(conn, offer[1], offer[3], offer[2]) == nil and mt.getreply(conn) == string.byte("O")
end

-- A client: {address =, name =, helo =, macros = false where none come}; all may be left out.
function server.connect(client, offer)
    local conn = mt.connect(socket)

    client = client or {}
    check(conn ~= nil, "nobody listens")
    check(offer == nil or server.negotiate(conn, offer), "the negotiation failed")
    if client.macros ~= false then
        mt.macro(conn, SMFIC_CONNECT, "j", "mail.example.net", "{daemon_name}", "smtpd",
            "{client_addr}", client.told or client.address or server.FORGER,
            "{client_name}", client.name or "unknown", "{client_ptr}", client.name or "unknown")
    end
    say(conn, "conninfo", client.name or "unknown", client.address or server.FORGER)
    say(conn, "helo", client.helo or "forger.example")
    return conn
end

-- A message up to its end, of which the reply is the answer; all but fields may be left out:
-- {sender =, parameters = {}, recipients = {}, login =, macros = false, id =, fields = {{name, value}}, body = {piece}}
function server.send(conn, message)
    server.envelope(conn, message)
    for _, field in ipairs(message.fields) do
        say(conn, "header", field[1], field[2])
    end
    say(conn, "eoh")
    for _, piece in ipairs(message.body or {"Dear reader,\r\n", "\r\nall is well.\r\n"}) do
        say(conn, "bodystring", piece)
    end
    return server.finish(conn, message.id)
end

function server.envelope(conn, message)
    local sender = "<" .. (message.sender or "eve@nowhere.example") .. ">"

    if message.login then
        mt.macro(conn, SMFIC_MAIL, "{mail_addr}", sender, "{auth_type}", "PLAIN", "{auth_authen}", message.login)
    elseif message.macros ~= false then
        mt.macro(conn, SMFIC_MAIL, "{mail_addr}", sender)
    end
    say(conn, "mailfrom", sender, unpack(message.parameters or {}))
    for _, recipient in ipairs(message.recipients or {server.BOB}) do
        say(conn, "rcptto", "<" .. recipient .. ">")
    end
end

function server.finish(conn, id)
    local failed

    if id then
        mt.macro(conn, string.byte("E"), "i", id)
    end
    failed = mt.eom(conn)
    check(failed == nil, "eom: " .. tostring(failed))
    return mt.getreply(conn)
end

-- The value of a field that was put on top of the others; how the fields of that name stand to each
-- other, miltertest does not say.
function server.inserted(conn, name, number)
    local value = mt.getheader(conn, name, number or 0)

    if value ~= nil then
        check(mt.eom_check(conn, MT_HDRINSERT, name, value, 0), name .. " was not put on top")
    end
    return value
end

-- Our Authentication-Results field in one line, of which there is one.
function server.results(conn)
    local value = server.inserted(conn, "Authentication-Results")

    check(value ~= nil, "no results")
    check(mt.getheader(conn, "Authentication-Results", 1) == nil, "results twice")
    return (string.gsub(value, "%s+", " "))
end

function server.signatures(conn)
    local values = {}

    while true do
        local value = server.inserted(conn, "DKIM-Signature", #values)

        if value == nil then
            return values
        end
        table.insert(values, {"DKIM-Signature", (string.gsub(value, "^ ", ""))})
    end
end

function server.accepted(conn, reply)
    check(reply == SMFIR_CONTINUE, "answered with " .. string.char(reply))
    return conn
end

-- A letter of bob's, with further fields.
function server.letter(fields)
    local all = {{"From", "Bob <" .. server.BOB .. ">"}, {"To", "alice@example.org"}, {"Subject", "A letter"},
        {"Date", "Sat, 21 Nov 2026 13:00:00 +0000"}, {"Message-ID", "<1@example.net>"}}

    for _, field in ipairs(fields or {}) do
        table.insert(all, field)
    end
    return all
end

-- Has it signed for bob's domain: the same fields beneath the signatures.
function server.sign(conn, fields, body)
    local signed

    server.accepted(conn, server.send(conn, {login = server.BOB, sender = server.BOB, fields = fields, body = body}))
    signed = server.signatures(conn)
    check(#signed == 2, #signed .. " signatures")
    for _, field in ipairs(fields) do
        table.insert(signed, field)
    end
    return signed
end

-- Sent by somebody whose address says nothing for bob, it passes by both signatures.
function server.verify(conn, fields, body, what)
    local results, count

    server.accepted(conn, server.send(conn, {sender = server.BOB, fields = fields, body = body}))
    results = server.results(conn)
    count = select(2, string.gsub(results, "dkim=pass", ""))
    check(count == 2 and string.find(results, "dmarc=pass", 1, true), what .. ": " .. results)
end

-- Whether the milter still serves others as ever.
function server.is_well()
    local conn = server.connect()

    server.accepted(conn, server.send(conn, {fields = {{"From", "eve@nowhere.example"}}}))
    server.has(server.results(conn), "mail.example.net;")
    mt.disconnect(conn)
end

-- Miltertest keeps to itself what went wrong.
local is_right, why = xpcall(function() dofile(scenario .. ".lua") end, function(what)
    return debug.traceback(tostring(what), 2)
end)
if not is_right then
    io.stderr:write(scenario, ": ", why, "\n")
    os.exit(1)
end
