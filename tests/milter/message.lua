-- SPDX-License-Identifier: MIT
-- Whole messages: judged, signed, and judged by their signatures.

local check, has, lacks = server.check, server.has, server.lacks

-- All steps are miltertest's, DATA among them.
local conn = mt.connect(socket)
server.accepted(conn, server.finish(conn))
has(server.results(conn), "smtp.mailfrom=example.com")
mt.disconnect(conn)

-- By the address of a domain's own server.
conn = server.connect({name = "asked.example", helo = "asked.example"})
server.accepted(conn, server.send(conn, {sender = "carol@asked.example", fields = {{"From", "carol@asked.example"}}}))
has(server.results(conn), "spf=pass")
has(server.results(conn), "dmarc=pass")
has(server.results(conn), "iprev=pass")
check(#server.signatures(conn) == 0, "mail from outside is signed")
check(server.inserted(conn, "X-Gatepost-Action") == nil, "marked")

-- By a login: signed, and nothing is said of who it was.
local fields = server.letter()
local message = server.sign(conn, fields)
for number = 1, 2 do
    local value = message[number][2]

    has(value, "d=example.net;")
    has(value, "c=relaxed/relaxed;")
    lacks(value, "\r")
end
check(message[1][2] ~= message[2][2], "the same signature twice")
check(mt.getheader(conn, "Authentication-Results", 0) == nil, "the mail of a login is judged")
check(not mt.eom_check(conn, MT_HDRADD) and not mt.eom_check(conn, MT_HDRCHANGE) and
    not mt.eom_check(conn, MT_HDRDELETE) and not mt.eom_check(conn, MT_BODYCHANGE) and
    not mt.eom_check(conn, MT_QUARANTINE), "more than signatures")

-- And back again, from elsewhere; and with another body, another subject, a second author.
server.verify(conn, message, nil, "as it was signed")
server.send(conn, {sender = server.BOB, fields = message, body = {"Dear reader,\r\n\r\nall is lost.\r\n"}})
lacks(server.results(conn), "dkim=pass")
has(server.results(conn), "dkim=fail")
has(server.results(conn), "dmarc=fail")
for number, field in ipairs(message) do
    if field[1] == "Subject" then
        message[number] = {"Subject", "Another letter"}
    end
end
server.send(conn, {sender = server.BOB, fields = message})
lacks(server.results(conn), "dkim=pass")

-- Fields that name no author, or two, are for nobody to vouch for.
for _, authors in ipairs({{{"From", "eve"}}, {{"From", "eve@nowhere.example"}, {"From", "carol@asked.example"}}, {}}) do
    table.insert(authors, {"Subject", "From nobody"})
    server.accepted(conn, server.send(conn, {fields = authors}))
    lacks(server.results(conn), "dmarc=pass")
    check(server.inserted(conn, "X-Gatepost-Action") == " quarantine" or
        server.inserted(conn, "X-Gatepost-Action") == "quarantine", "an author who hides is not marked")
end
mt.disconnect(conn)
