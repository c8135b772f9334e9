-- SPDX-License-Identifier: MIT
-- What is not taken, or marked. The operator follows who asks to reject (dmarc.on_reject).

local check = server.check

for _, offer in ipairs({{6, server.ALL_ACTIONS, server.ALL_STEPS}, {2, 0x3f, 0}}) do
    local conn = server.connect({address = "203.0.113.67"}, offer)

    for _ = 1, 3 do
        local reply = server.send(conn, {sender = "carol@asked.example", fields = {{"From", "carol@asked.example"}}})

        check(reply == SMFIR_REPLYCODE, "answered with " .. string.char(reply))
        check(mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "rejected by the DMARC policy of asked.example"),
            "refused in other words")
        check(not mt.eom_check(conn, MT_HDRINSERT) and not mt.eom_check(conn, MT_HDRDELETE), "and changed")

        -- The next one is judged for itself.
        server.accepted(conn, server.send(conn, {sender = "carol@marked.example",
            fields = {{"From", "carol@marked.example"}}}))
        check(mt.eom_check(conn, MT_HDRINSERT, "X-Gatepost-Action") and
            string.find(server.inserted(conn, "X-Gatepost-Action"), "quarantine", 1, true), "not marked")
        server.has(server.results(conn), "dmarc=fail")
        check(not mt.eom_check(conn, MT_QUARANTINE), "held back by the mail server")

        server.accepted(conn, server.send(conn, {fields = {{"From", "eve@nowhere.example"}}}))
        check(server.inserted(conn, "X-Gatepost-Action") == nil, "marked as the one before")
    end

    -- Larger than we look at: not now, and nothing is changed.
    local large = {{"From", "eve@nowhere.example"}}
    for number = 1, 560 do
        large[#large + 1] = {"X-" .. number, string.rep("x", 980)}
    end
    check(server.send(conn, {fields = large}) == SMFIR_REPLYCODE, "more than milter.header_bytes")
    check(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.3.4",
        "message header is larger than this system takes (524288 bytes, 1000 fields)"), "in other words")
    check(not mt.eom_check(conn, MT_HDRINSERT), "changed, and not taken")
    mt.disconnect(conn)
end
