-- Says which cap holds an order. Arguments: shop, phone, caps (as `held_by_cap` of the prelude takes them).
-- Returns {'number_cap' or 'spend_limit', until ms, 1 for the first order since the shop reached its spend limit, else 0},
-- or {} if no cap does.
local shop, phone, caps = unpacked_arguments()
local now = now_ms()
local reason, held_until = held_by_cap(shop, phone, caps, now)
if not reason then
  return {}
end
local is_first = reason == 'spend_limit'
  and redis.call('SET', keys.spend_reached(shop), '1', 'NX', 'PX', string.format('%d', math.max(held_until - now, 1)))
return { reason, string.format('%d', held_until), is_first and 1 or 0 }
