-- SPDX-License-Identifier: MIT
-- A command of more than 64 KB: our own loops take four times as much. libmilter as Debian builds it
-- ends the connection, with which a message ends that Postfix could send; this is where it says so.

local name = os.tmpname()
local file = io.open(name, "w")
file:write(string.rep(string.rep("x", 62) .. "\r\n", 1024))
file:close()

local conn = server.connect()
server.envelope(conn, {})
server.say(conn, "header", "From", "eve@nowhere.example")
server.say(conn, "eoh")
-- libmilter may hang up while it is being written, or after it.
local went, failed = pcall(mt.bodyfile, conn, name)
local is_sent = went and failed == nil
os.remove(name)
if transport == "libmilter" then
    local heard, taken = pcall(function() return is_sent and mt.eom(conn) == nil end)
    server.check(not (heard and taken), "libmilter has learned to take it: say so in gatepost-milter(8)")
else
    server.check(is_sent, "bodyfile: " .. tostring(failed))
    server.accepted(conn, server.finish(conn))
    server.has(server.results(conn), "dmarc=none")
end
mt.disconnect(conn, false)
server.is_well()
