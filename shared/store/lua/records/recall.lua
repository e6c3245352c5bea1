-- Says what became of an earlier request, and stores nothing: what its idempotency key stands for, else the order's open
-- confirmation. KEYS: the shop's orders, the idempotency key and its earlier name, or '' and ''. ARGV: order id,
-- request digest, 1 for a test key, else 0.
-- Returns {kind, time, ...}: replayed, kind, first answer, record or '' | open, record | key_conflict | unknown.
local time = reply_time()
local is_test = ARGV[3] == '1'
local kind, _, answer, record = earlier_request(KEYS[2], KEYS[3], ARGV[2], is_test)
if kind == 'conflict' then
  return { 'key_conflict', time }
elseif kind then
  return { 'replayed', time, kind, answer, record }
end
local _, _, open = confirmations_of_order(KEYS[1], ARGV[1], is_test)
return open and { 'open', time, open } or { 'unknown', time }
