-- SPDX-License-Identifier: MIT
-- Mail servers of several ages, and some with which no work can be done.

local CHANGES = SMFIF_ADDHDRS + SMFIF_CHGHDRS

local offers = {
    {"as Postfix", {6, server.ALL_ACTIONS, server.ALL_STEPS}},
    {"version 2, an answer to each step", {2, 0x3f, 0}},
    {"version 2, all steps that it knows", {2, 0x3f, 0x7f}},
    {"version 3", {3, 0x3f, 0x1ff}},
    {"version 4", {4, 0x3f, 0x3ff}},
    {"only fields may be changed", {6, CHANGES, server.ALL_STEPS}},
    {"answers to the header alone", {6, server.ALL_ACTIONS, server.ALL_STEPS - SMFIP_NR_HDR}},
    {"it cannot leave a blank where it was", {6, server.ALL_ACTIONS, server.ALL_STEPS - SMFIP_HDR_LEADSPC}},
    {"one of the future", {9, server.ALL_ACTIONS, server.ALL_STEPS}},
}

for _, row in ipairs(offers) do
    local conn = server.connect({name = "mail.example.org"}, row[2])

    for _, action in ipairs({SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT}) do
        server.check(not mt.test_action(conn, action), row[1] .. ": wants what it has no use for")
    end
    server.check(mt.test_action(conn, SMFIF_ADDHDRS) and mt.test_action(conn, SMFIF_CHGHDRS), row[1])
    -- We may have to say no at MAIL, and no step is left out that the verdict needs.
    for _, step in ipairs({SMFIP_NR_MAIL, SMFIP_NOCONNECT, SMFIP_NOHELO, SMFIP_NOMAIL, SMFIP_NORCPT,
        SMFIP_NOHDRS, SMFIP_NOEOH, SMFIP_NOBODY}) do
        server.check(not mt.test_option(conn, step), row[1] .. ": asks for too little")
    end
    if string.find(socket, "^inet") then
        server.check(not mt.test_option(conn, SMFIP_NODATA), row[1] .. ": DATA has no answer")
    end
    for number = 1, 3 do
        server.accepted(conn, server.send(conn, {fields = {{"From", "eve@nowhere.example"}, {"Subject", row[1]}}}))
        server.has(server.results(conn), "dmarc=none")
        server.has(server.results(conn), "smtp.mailfrom=")
        if number == 2 then
            mt.abort(conn)
        end
    end
    mt.disconnect(conn)
end

local refused = {
    {"version 1", {1, server.ALL_ACTIONS, server.ALL_STEPS}},
    {"version 0", {0, server.ALL_ACTIONS, server.ALL_STEPS}},
    {"nothing may be changed", {6, 0, server.ALL_STEPS}},
    {"no field may be removed", {6, server.ALL_ACTIONS - SMFIF_CHGHDRS, server.ALL_STEPS}},
    {"no field may be added", {6, server.ALL_ACTIONS - SMFIF_ADDHDRS, server.ALL_STEPS}},
}

for _, row in ipairs(refused) do
    local conn = mt.connect(socket)

    server.check(not server.negotiate(conn, row[2]), row[1] .. " was agreed to")
    mt.disconnect(conn, false)
end
server.is_well()
