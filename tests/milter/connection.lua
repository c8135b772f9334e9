-- SPDX-License-Identifier: MIT
-- Messages on one connection, connections beside each other, and ends of both at any time.

local say = server.say
local stages = {"connect", "helo", "mailfrom", "rcptto", "header", "eoh", "body", "end"}

-- Goes as far as that stage of a message by carol.
local function go(conn, last)
    for _, stage in ipairs(stages) do
        if stage == "mailfrom" then
            mt.macro(conn, SMFIC_MAIL, "{auth_authen}", server.BOB)
            say(conn, "mailfrom", "<" .. server.BOB .. ">")
        elseif stage == "rcptto" then
            say(conn, "rcptto", "<alice@example.org>")
        elseif stage == "header" then
            say(conn, "header", "From", server.BOB)
        elseif stage == "eoh" then
            say(conn, "eoh")
        elseif stage == "body" then
            say(conn, "bodystring", "half a li")
        elseif stage == "end" then
            server.accepted(conn, server.finish(conn))
        end
        if stage == last then
            return
        end
    end
end

-- What was begun before leaves nothing behind: not the login, not a field, not a byte of the body.
local function is_a_strangers(conn, what)
    server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = {{"From", "carol@marked.example"}}}))
    server.has(server.results(conn), "dmarc=pass")
    server.check(#server.signatures(conn) == 0, what .. ": signed as the one before")
end

for _, stage in ipairs(stages) do
    local conn = server.connect()

    go(conn, stage)
    mt.abort(conn)
    mt.abort(conn)
    is_a_strangers(conn, "aborted after " .. stage)
    mt.disconnect(conn)
end

-- MAIL again, without an abort in between.
for _, stage in ipairs(stages) do
    local conn = server.connect()

    go(conn, stage)
    is_a_strangers(conn, "left after " .. stage)
    mt.disconnect(conn)
end

-- A client who greets again, in between and within a message.
local conn = server.connect()
say(conn, "helo", "marked.example")
go(conn, "end")
say(conn, "helo", "marked.example")
server.accepted(conn, server.send(conn, {sender = "", fields = {{"From", "carol@marked.example"}}}))
server.has(server.results(conn), "smtp.helo=marked.example")
for number = 1, 30 / server.EACH do
    server.verify(conn, server.sign(conn, server.letter({{"X-Number", tostring(number)}})), nil, "message " .. number)
end
mt.disconnect(conn)

-- Connections beside each other, each at another stage of its message.
local many = {}
for number = 1, 24 / server.EACH do
    many[number] = server.connect()
end
for number, one in ipairs(many) do
    go(one, stages[number % #stages + 1])
end
for _, one in ipairs(many) do
    mt.abort(one)
end
for number, one in ipairs(many) do
    server.envelope(one, {sender = "carol@marked.example"})
    say(one, "header", "From", "carol@marked.example")
    say(one, "header", "Subject", tostring(number))
end
for _, one in ipairs(many) do
    server.accepted(one, server.finish(one))
    server.has(server.results(one), "dmarc=pass")
end
for number, one in ipairs(many) do
    mt.disconnect(one, number % 2 == 0)
end

-- Gone at each stage, politely and not.
for _, polite in ipairs({true, false}) do
    local early = mt.connect(socket)

    mt.disconnect(early, polite)
    for _, stage in ipairs(stages) do
        local one = server.connect()

        go(one, stage)
        mt.disconnect(one, polite)
    end
end
server.is_well()

-- Words of SMTP that nobody knows, to a milter that has not asked to be spared them.
conn = server.connect({}, {6, server.ALL_ACTIONS, server.ALL_STEPS - SMFIP_NOUNKNOWN})
for _, word in ipairs({"NONSENSE", "", string.rep("x", 900), "\195\182\255"}) do
    say(conn, "unknown", word)
end
server.verify(conn, server.sign(conn, server.letter()), nil, "after unknown words")
mt.disconnect(conn)
conn = server.connect({}, {6, server.ALL_ACTIONS, server.ALL_STEPS})
server.check(mt.test_option(conn, SMFIP_NOUNKNOWN), "unknown words are wanted")
mt.disconnect(conn)
