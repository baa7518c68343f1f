-- For wrk: every request sends another comment, with a key of its own, as the form does when "Send" is pressed.
-- COOKIE, TOKEN, VERSION and COUNTED stand before this file (bench/comments.py).

local threads = {}
local random = io.open("/dev/urandom", "rb")
local bytes = random:read(16)
random:close()
local run = bytes:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)

local sent = 0
accepted, others = 0, 0 -- global: read by done()

local headers = {
  ["Content-Type"] = "application/x-www-form-urlencoded",
  ["Cookie"] = COOKIE,
  ["Sec-Fetch-Site"] = "same-origin",
}
local settled = "act=send&consent=with_name&organisation=Network&category=cso&suggestion=&evidence=&csrf_token="
  .. TOKEN .. "&version=" .. VERSION
local words = string.rep("The+figure+does+not+say+which+year+it+is+from.+", 8)

function setup(thread)
  table.insert(threads, thread)
end

function request()
  sent = sent + 1
  local own = run .. "-" .. sent
  local body = settled .. "&once=" .. own .. "&name=Person+" .. sent .. "&email=person-" .. own
    .. "%40people.example&text=Comment+" .. own .. ".+" .. words
  return wrk.format("POST", nil, headers, body)
end

-- An accepted comment is answered with 303 to its number; a page that shows the form again has another status.
function response(status, found)
  if status == 303 and string.find(found["Location"] or "", "/sent/", 1, true) then
    accepted = accepted + 1
  else
    others = others + 1
  end
end

function done()
  local file = io.open(COUNTED, "a")
  for _, thread in ipairs(threads) do
    file:write(thread:get("accepted"), " ", thread:get("others"), "\n")
  end
  file:close()
end
