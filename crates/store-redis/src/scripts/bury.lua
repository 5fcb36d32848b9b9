-- KEYS: session, grave, ids, expiry, graves. ARGV: base, keep_until, moved_to or '', ms to keep the grave beyond its time.
local keep = ARGV[2]
local before = redis.call('HGET', KEYS[2], 'keep_until')
if before and tonumber(before) > tonumber(keep) then
  keep = before
end
redis.call('DEL', KEYS[1], KEYS[2])
unlist(KEYS[3], KEYS[4], ARGV[1])
redis.call('HSET', KEYS[2], 'keep_until', keep)
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[2], 'moved_to', ARGV[3])
end
redis.call('ZADD', KEYS[5], keep, ARGV[1])
local time = redis.call('TIME')
local left = math.max(tonumber(keep) - tonumber(time[1]) * 1000, 0) + tonumber(ARGV[4])
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', math.min(left, 1e15)))
return 1
