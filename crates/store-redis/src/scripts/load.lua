-- KEYS: session. ARGV: the most bytes. One element, the length, where there are more.
local length = redis.call('HSTRLEN', KEYS[1], 'data')
if length > tonumber(ARGV[1]) then
  return { tostring(length) }
end
return redis.call('HMGET', KEYS[1], 'id', 'valid', 'max_inactive', 'last_accessed', 'version', 'data')
