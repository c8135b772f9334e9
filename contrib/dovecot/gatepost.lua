-- SPDX-License-Identifier: MIT
--
-- Gatepost's logins for Dovecot 2.3 and 2.4: passdb, userdb and the list of users, asked of
-- gatepost-authd over its unix socket. See gatepost-dovecot(7), and gatepost-login(7) for what is
-- said there.
--
-- Dovecot runs this in its auth-worker processes, one request at a time. Each keeps a connection.
-- Found, absent and failed stay three things: an authd that does not answer is an internal
-- failure, never a wrong password and never an unknown user.

local socket = require "socket"
local unix = require "socket.unix"

local GREETING = "gatepost-login\t1"
local LINE_MAX = 16384 -- authd closes the connection over longer ones
local TIMEOUT = 30     -- seconds; the longest that authd lets a login wait
local SMTP_PATIENCE = 12 -- seconds; Postfix waits 10 for Dovecot

local socket_path = "/run/gatepost/authd"
local is_2_3 = true
local connection -- nil, or one that has greeted

local auth = dovecot.auth
-- What goes with a result other than OK. Dovecot 2.4 wants a string or nil there, 2.3 a string or a
-- table.
local NOTHING = ""

-- Dovecot 2.4 hands lua_settings over ("socket = PATH"), 2.3 nothing at all.
function script_init(args)
  is_2_3 = args == nil
  if args and args["socket"] then
    socket_path = args["socket"]
  end
  return 0
end

function script_deinit()
  if connection then
    connection:close()
    connection = nil
  end
end

-- ---------------------------------------------------------------- the protocol

local ESCAPES = { ["\\"] = "\\\\", ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r", ["\0"] = "\\0" }
local LETTERS = { ["\\"] = "\\", t = "\t", n = "\n", r = "\r", ["0"] = "\0" }

local function escape(value)
  return (value:gsub("[\\\t\n\r\0]", ESCAPES))
end

local function unescape(value)
  return (value:gsub("\\(.)", LETTERS))
end

local function field(name, value)
  if value == nil or value == "" then
    return ""
  end
  return "\t" .. name .. "=" .. escape(tostring(value))
end

-- "1\tok\tuser=...\thome=..." becomes "ok", { user = ..., home = ... }.
local function parse(line)
  local status, rest = line:match("^1\t(%l+)(.*)$")
  if not status then
    return nil
  end
  local fields = {}
  for name, value in rest:gmatch("\t([^=\t]+)=([^\t]*)") do
    fields[name] = unescape(value)
  end
  return status, fields
end

-- ---------------------------------------------------------------- the connection

local function connect()
  local client = (unix.stream or unix)()
  client:settimeout(TIMEOUT, "t")
  local ok, problem = client:connect(socket_path)
  if not ok then
    client:close()
    return nil, problem
  end
  return client
end

local function drop()
  connection:close()
  connection = nil
end

-- A request and the first line of its answer, over the connection that is there or a new one. The
-- third result is true where nothing had been answered: the request may be sent again.
local function exchange(line)
  local fresh = connection == nil
  if fresh then
    local problem
    connection, problem = connect()
    if not connection then
      return nil, problem, false
    end
    line = GREETING .. "\n" .. line
  end
  connection:settimeout(TIMEOUT, "t")
  local sent, problem = connection:send(line)
  local answer
  if sent and fresh then
    answer, problem = connection:receive("*l")
    if answer and answer ~= GREETING then
      problem = unescape(answer)
      sent = nil
    end
  end
  if sent and (not fresh or answer) then
    answer, problem = connection:receive("*l")
    if answer then
      return answer
    end
  end
  drop()
  return nil, problem, not fresh and problem == "closed"
end

-- A kept connection may have been closed, by a restart of authd say: then once more over a new one.
local function ask(line)
  if #line > LINE_MAX then
    return "too long"
  end
  local answer, problem, again = exchange(line)
  if not answer and again then
    answer, problem = exchange(line)
  end
  if not answer then
    return nil, "gatepost-authd at " .. socket_path .. ": " .. tostring(problem)
  end
  local status, fields = parse(answer)
  if not status then
    drop()
    return nil, "gatepost-authd: an answer that is not of protocol version 1: " .. answer
  end
  if status == "temporary" then
    return nil, "gatepost-authd: temporary failure: " .. (fields.reason or "no reason given"),
      fields.retry == "no"
  end
  return status, fields
end

-- ---------------------------------------------------------------- Dovecot's questions

-- 2.3 calls them rip, real_rip, service and session, 2.4 remote_ip, real_remote_ip, protocol and
-- session. Where a webmail or a proxy forwarded the client's address, the real one is its own.
local function circumstances(request)
  return field("service", request.protocol or request.service)
    .. field("remote", request.remote_ip or request.rip)
    .. field("real_remote", request.real_remote_ip or request.real_rip)
    .. field("session", request.session)
end

local function is_address(user)
  return user ~= nil and user:find("@", 1, true) ~= nil
end

-- What both versions call home, uid and gid; a quota is a rule in 2.3 and a setting in 2.4, and 0 is
-- "unlimited" in both. The mail location is given for each user, so that system users keep theirs.
local function account(fields, prefix)
  local answer = {
    [prefix .. "home"] = fields.home,
    [prefix .. "uid"] = fields.uid,
    [prefix .. "gid"] = fields.gid,
  }
  if is_2_3 then
    answer[prefix .. "quota_rule"] = "*:bytes=" .. fields.quota_bytes
    answer[prefix .. "mail"] = "maildir:~/Maildir"
  else
    answer[prefix .. "quota_storage_size"] = fields.quota_bytes .. "B"
    answer[prefix .. "mail_driver"] = "maildir"
    answer[prefix .. "mail_path"] = "~/Maildir"
    answer[prefix .. "mail_inbox_path"] = "~/Maildir"
  end
  return answer
end

-- Postfix makes "535 authentication failed" of every failure that Dovecot reports to it, a temporary
-- one too, and a mail program then asks its user for another password. Only where Dovecot says
-- nothing for 10 seconds does Postfix answer "454 temporary authentication failure". So a login over
-- SMTP waits for an authd that is down, or whose database is, and fails a little after Postfix has
-- given up. It does not wait where authd has too much to do, or refuses somebody who guesses: waiting
-- workers would then keep those logins out that could be served.
local function ask_for(service, line)
  local deadline = socket.gettime() + (service == "smtp" and SMTP_PATIENCE or 0)
  while true do
    local status, fields, is_final = ask(line)
    if status or is_final or socket.gettime() >= deadline then
      return status, fields
    end
    socket.sleep(0.5)
  end
end

function auth_password_verify(request, password)
  if not is_address(request.user) then
    return auth.PASSDB_RESULT_USER_UNKNOWN, NOTHING
  end
  local status, fields = ask_for(request.protocol or request.service,
    "1\tverify" .. field("user", request.user) .. "\tpassword=" .. escape(password)
    .. circumstances(request) .. "\n")
  if not status then
    request:log_error(fields)
    return auth.PASSDB_RESULT_INTERNAL_FAILURE, NOTHING
  end
  if status == "ok" then
    local answer = account(fields, "userdb_")
    answer.user = fields.user
    return auth.PASSDB_RESULT_OK, answer
  end
  if status == "unknown" then
    return auth.PASSDB_RESULT_USER_UNKNOWN, NOTHING
  end
  if status == "disabled" then
    return auth.PASSDB_RESULT_USER_DISABLED, NOTHING
  end
  return auth.PASSDB_RESULT_PASSWORD_MISMATCH, NOTHING
end

-- A passdb lookup without a password asks for the hash or for the fields of a proxy. Gatepost gives
-- neither; whether the user exists is the userdb's to say.
function auth_passdb_lookup(request)
  return auth.PASSDB_RESULT_USER_UNKNOWN, NOTHING
end

function auth_userdb_lookup(request)
  if not is_address(request.user) then
    return auth.USERDB_RESULT_USER_UNKNOWN, NOTHING
  end
  local status, fields = ask("1\tlookup" .. field("user", request.user)
    .. circumstances(request) .. "\n")
  if not status then
    request:log_error(fields)
    return auth.USERDB_RESULT_INTERNAL_FAILURE, NOTHING
  end
  if status == "ok" then
    return auth.USERDB_RESULT_OK, account(fields, "")
  end
  return auth.USERDB_RESULT_USER_UNKNOWN, NOTHING
end

-- A list that is not whole is an error, not a shorter list.
function auth_userdb_iterate()
  local users = {}
  local status, fields = ask("1\tlist\n")
  while status == "item" do
    users[#users + 1] = fields.user
    local line, problem = connection:receive("*l")
    if not line then
      drop()
      error("gatepost-authd: the list of users broke off: " .. tostring(problem))
    end
    status, fields = parse(line)
  end
  if status ~= "end" then
    error(status and "gatepost-authd: " .. (fields.reason or status) or tostring(fields))
  end
  return users
end
