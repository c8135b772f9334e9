-- SPDX-License-Identifier: MIT
-- Senders and recipients.

local from = {{"From", "carol@marked.example"}}
local conn = server.connect({helo = "marked.example"})

-- Nobody sends it: the HELO name is judged.
server.accepted(conn, server.send(conn, {sender = "", fields = from, id = "4bNobody"}))
server.has(server.results(conn), "spf=pass smtp.helo=marked.example")
server.has(server.results(conn), "dmarc=pass")
mt.echo("log: from=<> ")

-- With all that a client can say of it.
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", fields = from,
    parameters = {"SIZE=1000", "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=" .. string.rep("x", 800)}}))
server.has(server.results(conn), "smtp.mailfrom=marked.example")

-- To many; they are counted.
local many = {}
for number = 1, 1000 do
    many[number] = "user" .. number .. "@example.net"
end
server.accepted(conn, server.send(conn, {sender = "carol@marked.example", recipients = many, fields = from}))
mt.echo("log: nrcpt=1000 ")

-- Odd ones, which are the mail server's to refuse.
for _, sender in ipairs({"carol", "@marked.example", "carol@", "\"a b\"@marked.example", "<<x>>", "a@b@marked.example",
    string.rep("x", 900) .. "@marked.example", "\255@marked.example", "%s%n@marked.example"}) do
    server.accepted(conn, server.send(conn, {sender = sender, recipients = {sender, "", " "}, fields = from}))
    server.has(server.results(conn), "spf=")
end

-- In letters of the whole world: A-labels in the results, what it was in the log.
server.accepted(conn, server.send(conn, {sender = "j\195\182rg@b\195\188cher.example", parameters = {"SMTPUTF8"},
    recipients = {"\229\191\151@example.net"}, fields = {{"From", "J\195\182rg <j\195\182rg@b\195\188cher.example>"}}}))
server.has(server.results(conn), "header.from=xn--bcher-kva.example")
mt.echo("log: from=<j\195\182rg@b\195\188cher.example> nrcpt=1 ")
mt.disconnect(conn)

-- And a greeting in them.
conn = server.connect({helo = "b\195\188cher.example"})
server.accepted(conn, server.send(conn, {sender = "", fields = from}))
server.has(server.results(conn), "dmarc=fail")
mt.disconnect(conn)
conn = server.connect({helo = string.rep("x", 900)})
server.accepted(conn, server.send(conn, {sender = "", fields = {{"From", "eve@nowhere.example"}}}))
server.has(server.results(conn), "spf=")
mt.disconnect(conn)
