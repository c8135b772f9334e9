-- SPDX-License-Identifier: MIT
-- The body, cut up in any way: what is signed of it in one piece is found again in others.

local EMPTY = "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" -- SHA-256 of nothing
local conn = server.connect()

local function cut(body, size)
    local pieces = {}

    for start = 1, #body, size do
        table.insert(pieces, string.sub(body, start, start + size - 1))
    end
    return pieces
end

-- The relaxed form has something to do at every other byte.
local body = "a  b\r\n \t\r\n\r\nc \t \r\n\r\n.\r\n..d\re\r\r\n f\r\n\r\n\r\n"
local signed = server.sign(conn, server.letter(), {body})
for at = 1, #body - 1, server.EACH do
    server.verify(conn, signed, {string.sub(body, 1, at), string.sub(body, at + 1)}, "cut at " .. at)
end
for _, size in ipairs(server.EACH == 1 and {1, 2, 3, 7} or {1}) do
    server.verify(conn, signed, cut(body, size), "pieces of " .. size)
    server.verify(conn, server.sign(conn, server.letter(), cut(body, size)), {body}, "signed in pieces of " .. size)
end

-- The hash of nothing is known. An empty piece of the body is what libmilter ends the connection for;
-- without one, miltertest sends a body of its own.
local empty = {{"\r\n"}, {"\r", "\n"}, {"\r\n\r", "\n", "\r\n"}, {" \r\n\t", "\r\n"}}
if transport == "event" then
    server.verify(conn, signed, {"", string.sub(body, 1, 5), "", "", string.sub(body, 6), ""}, "empty pieces")
    table.insert(empty, {""})
    table.insert(empty, {"", "\r\n", ""})
end
for _, pieces in ipairs(empty) do
    signed = server.sign(conn, server.letter(), pieces)
    server.has((string.gsub(signed[1][2], "%s", "")), EMPTY)
    for number = 1, #empty, server.EACH do
        server.verify(conn, signed, empty[number], "nothing")
    end
end

-- Without a newline at its end it is as with one.
signed = server.sign(conn, server.letter(), {"no end"})
server.verify(conn, signed, {"no end\r", "\n"}, "an end")

-- Lines longer than SMTP has them, and more than the buffers of anybody.
local long = string.rep("0123456789", 6000)
server.verify(conn, server.sign(conn, server.letter(), {long}), cut(long, 997), "one line")
local pieces = {}
for number = 1, 64 do
    pieces[number] = string.rep(string.char(64 + number % 26) .. " ", 8000) .. "\r"
end
signed = server.sign(conn, server.letter(), pieces)
server.verify(conn, signed, cut(table.concat(pieces), 60001), "a megabyte")

-- Miltertest's own words, as many as that; nobody knows them, and they are taken.
server.envelope(conn, {})
server.say(conn, "header", "From", "eve@nowhere.example")
server.say(conn, "eoh")
server.say(conn, "bodyrandom", 200000)
server.accepted(conn, server.finish(conn))
mt.disconnect(conn)
