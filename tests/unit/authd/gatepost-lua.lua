-- SPDX-License-Identifier: MIT
--
-- usage: lua gatepost-lua.lua SCRIPT SOCKET VERSION
--
-- What Dovecot does with gatepost.lua, without Dovecot: loads it, gives it its settings, asks, and
-- compares. A line on stdin says what is the case now: "well", "temporary" or "refused". Exits 1 at
-- the first difference.

require "socket.core" -- it ignores SIGPIPE, as Dovecot does

local script, path, version = arg[1], arg[2], arg[3]

dovecot = { auth = setmetatable({}, { __index = function(_, name) return name end }) }
dofile(script)
if version == "2.4" then
  script_init({ socket = path })
else
  -- 2.3 gives no settings: the script's own path is the default one.
  local i = 1
  while true do
    local name = debug.getupvalue(script_init, i)
    if name == "socket_path" then
      debug.setupvalue(script_init, i, path)
      break
    end
    i = i + 1
  end
  script_init()
end

local logged = {}
local function request(user)
  return { user = user, service = "imap", rip = "192.0.2.1", real_rip = "203.0.113.5", session = "s",
    log_error = function(_, text) logged[#logged + 1] = text end }
end

local function check(what, got, expected)
  if got ~= expected then
    print("# " .. what .. ": got " .. tostring(got) .. ", expected " .. tostring(expected))
    os.exit(1)
  end
end

local function verify(user, password, expected)
  local result, fields = auth_password_verify(request(user), password)
  check("verify " .. user, result, expected)
  -- Dovecot 2.4 takes a table beside OK alone, else a string or nothing.
  check("what goes with it", type(fields),
    expected == "PASSDB_RESULT_OK" and "table" or "string")
  return fields
end

local function lookup(user, expected)
  local result, fields = auth_userdb_lookup(request(user))
  check("lookup " .. user, result, expected)
  return fields
end

local function all_is_well()
  local fields = verify("alice@example.org", "alice's", "PASSDB_RESULT_OK")
  check("user", fields.user, "alice@example.org")
  check("home", fields.userdb_home, "/mail/example.org/alice")
  verify("alice@example.org", "wrong", "PASSDB_RESULT_PASSWORD_MISMATCH")
  verify("alice@example.org", "a\tb\\c\n\0", "PASSDB_RESULT_PASSWORD_MISMATCH")
  verify("alice@example.org", "", "PASSDB_RESULT_PASSWORD_MISMATCH")
  verify("alice@example.org", ("x"):rep(2000), "PASSDB_RESULT_PASSWORD_MISMATCH")
  verify("alice@example.org", ("\t"):rep(20000), "PASSDB_RESULT_PASSWORD_MISMATCH")
  verify("nobody@example.org", "x", "PASSDB_RESULT_USER_UNKNOWN")
  verify("alice", "alice's", "PASSDB_RESULT_USER_UNKNOWN")
  verify("bob@example.org", "bob's", "PASSDB_RESULT_USER_DISABLED")
  fields = lookup("alice@example.org", "USERDB_RESULT_OK")
  check("home", fields.home, "/mail/example.org/alice")
  check("quota of 2.3", fields.quota_rule, version == "2.3" and "*:bytes=1000" or nil)
  check("quota of 2.4", fields.quota_storage_size, version == "2.4" and "1000B" or nil)
  lookup("nobody@example.org", "USERDB_RESULT_USER_UNKNOWN")
  lookup("root", "USERDB_RESULT_USER_UNKNOWN")
  check("passdb lookup", auth_passdb_lookup(request("alice@example.org")),
    "PASSDB_RESULT_USER_UNKNOWN")
  check("users", table.concat(auth_userdb_iterate(), " "), "erin@bare.example dave@closed.example "
    .. "alice@example.org bob@example.org carol@example.org")
  check("nothing went wrong", #logged, 0)
end

local function all_is_temporary()
  verify("alice@example.org", "alice's", "PASSDB_RESULT_INTERNAL_FAILURE")
  verify("alice@example.org", "wrong", "PASSDB_RESULT_INTERNAL_FAILURE")
  lookup("nobody@example.org", "USERDB_RESULT_INTERNAL_FAILURE")
  check("the list is an error", pcall(auth_userdb_iterate), false)
  verify("root", "x", "PASSDB_RESULT_USER_UNKNOWN") -- not ours to answer, not asked
  check("each was logged", #logged, 3)
  logged = {}
end

-- Over SMTP, too, where a temporary failure is else waited for: no worker is held.
local function all_is_refused()
  local patient = require("socket")
  local sleep, asked = patient.sleep, request("alice@example.org")
  patient.sleep = function() error("it waits") end
  asked.service = "smtp"
  check("refused", auth_password_verify(asked, "alice's"), "PASSDB_RESULT_INTERNAL_FAILURE")
  patient.sleep = sleep
  check("it was logged", #logged, 1)
  logged = {}
end

-- Our reader says what is the case now.
for line in io.lines() do
  if line == "well" then
    all_is_well()
  elseif line == "refused" then
    all_is_refused()
  else
    all_is_temporary()
  end
  print("done")
  io.stdout:flush()
end
script_deinit()
