-- SPDX-License-Identifier: MIT
-- Commands out of their order get no verdict, however they end, and harm nobody else. Our own loops
-- end the connection; libmilter passes them over, and whoever waits for an answer waits on.

mt.set_timeout(transport == "event" and 60 or 1)

local other = server.connect()
server.envelope(other, {sender = "carol@asked.example"})
server.say(other, "header", "From", "carol@asked.example")

-- A second end of one message.
local conn = server.connect()
server.accepted(conn, server.send(conn, {fields = {{"From", "eve@nowhere.example"}}}))
server.check(mt.eom(conn) ~= nil, "a verdict on no message")
mt.disconnect(conn, false)

-- A second negotiation within a session.
conn = server.connect()
server.check(not pcall(server.negotiate, conn, {6, server.ALL_ACTIONS, server.ALL_STEPS}) or
    not server.negotiate(conn, {6, server.ALL_ACTIONS, server.ALL_STEPS}), "negotiated again")
mt.disconnect(conn, false)

mt.set_timeout(60)
server.accepted(other, server.finish(other))
server.has(server.results(other), "dmarc=pass")
mt.disconnect(other)
server.is_well()
