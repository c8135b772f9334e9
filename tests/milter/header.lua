-- SPDX-License-Identifier: MIT
-- Header fields: their forms on the way to the signature and back, forged ones, and many.

local check, has, lacks = server.check, server.has, server.lacks

-- Each is signed, with what stands around it, and passes then.
local values = {
    {"plain", "A letter"},
    {"none", ""},
    {"a blank alone", " "},
    {"blanks around it", "  A letter \t "},
    {"folded", "A letter\n\tof two lines"},
    {"folded as it was sent", "A letter\r\n of two lines"},
    {"folded at blanks", "A\n \n  letter"},
    {"eight bits", "Gr\195\188\195\159e"},
    {"no UTF-8", "\255\254\128"},
    {"a bare CR", "A\rletter"},
    {"signs of other fields", "From: eve@nowhere.example; b=; h=x"},
    {"a signature's words", "v=1; a=rsa-sha256; d=example.net; b="},
    {"per cent", "100 %s %n %%"},
    {"long", string.rep("x", 980)},
    {"long, folded", string.rep(string.rep("y", 70) .. "\n ", 13)},
}
local new = server.connect({}, {6, server.ALL_ACTIONS, server.ALL_STEPS})
local old = server.connect({}, {2, 0x3f, 0})
for number = 1, #values, server.EACH do
    local row, letter = values[number], server.letter()

    letter[3] = {"Subject", row[2]}
    for _, signs in ipairs({new, old}) do
        local signed = server.sign(signs, letter)

        server.verify(new, signed, nil, row[1])
        server.verify(old, signed, nil, row[1] .. ", of long ago")
    end
end
mt.disconnect(old)

-- Names too: what is of no name that we know passes through, whatever it looks like.
local conn = new
server.verify(conn, server.sign(conn, server.letter({{"X", "1"}, {"x-y_z!", "2"}, {"X\195\182", "3"},
    {"DKIM-Signature-Not", "4"}, {"Authentication-Results-Not", "mail.example.net; dmarc=pass"}})), nil, "odd names")

-- Forged ones go, by their places among those of their name; those of others stay, huge as they are.
local huge = "mx.elsewhere.example;" .. string.rep(" spf=pass;", 90)
local lies = {
    {"Authentication-Results", "mx.elsewhere.example; spf=pass"},
    {"Authentication-Results", "mail.example.net; dmarc=pass header.from=example.net"},
    {"AUTHENTICATION-results", huge},
    {"Authentication-Results", "MAIL.example.NET 1; spf=pass"},
    {"X-Gatepost-Action", "none"},
    {"From", "eve@nowhere.example"},
    {"X-Gatepost-Warning", "none"},
}
server.accepted(conn, server.send(conn, {fields = lies}))
for place, goes in ipairs({false, true, false, true}) do
    check(mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", place) == goes, "the result field at " .. place)
end
check(mt.eom_check(conn, MT_HDRDELETE, "X-Gatepost-Action", 1), "a forged action stays")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Gatepost-Warning", 1), "a forged warning stays")
lacks(server.results(conn), "dmarc=pass")
server.accepted(conn, server.send(conn, {login = server.BOB, sender = server.BOB, fields = server.letter({lies[2]})}))
check(mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 1), "a login forges our results")
check(#server.signatures(conn) == 2, "and gets no signature")

-- As many fields as the default lets be, forged ones among them; and one more.
local many = {{"From", "eve@nowhere.example"}}
for number = 1, 999 do
    many[#many + 1] = number % 10 == 0 and lies[2] or {"X-Number", tostring(number)}
end
server.accepted(conn, server.send(conn, {fields = many}))
for place = 1, 99 do
    check(mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", place), "the forged field at " .. place)
end
check(not mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results", 100), "more than there were")
many[#many + 1] = {"X-Number", "1000"}
check(server.send(conn, {fields = many}) == SMFIR_REPLYCODE, "more than milter.header_fields")
check(not mt.eom_check(conn, MT_HDRDELETE) and not mt.eom_check(conn, MT_HDRINSERT), "changed, and not taken")
server.accepted(conn, server.send(conn, {fields = {{"From", "eve@nowhere.example"}}}))
has(server.results(conn), "dmarc=none")
mt.disconnect(conn)
