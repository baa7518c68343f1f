-- For wrk: every request sends another comment without a name and without a code, as the check page's second button does.
-- BODY and COUNTED stand before this file (bench/safe.py).

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
wrk.body = BODY

function done(summary)
  local file = io.open(COUNTED, "a")
  file:write(summary.requests, "\n")
  file:close()
end
