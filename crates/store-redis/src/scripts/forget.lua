-- KEYS: session, ids, expiry. ARGV: base, the last access that is known. Whether there was a session, not accessed since.
local accessed = tonumber(redis.call('HGET', KEYS[1], 'last_accessed') or '')
if accessed and accessed > tonumber(ARGV[2]) then
  return 0
end
unlist(KEYS[2], KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1])
