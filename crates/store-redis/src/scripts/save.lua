-- KEYS: session, grave, ids, expiry. ARGV: base, id, valid, max_inactive, last_accessed, data, new version, expected version or '',
-- when it expires or '', time to live in ms or ''.
local grave = redis.call('HMGET', KEYS[2], 'keep_until', 'moved_to')
if grave[1] then
  return { 'buried', grave[1], grave[2] }
end
local version = redis.call('HGET', KEYS[1], 'version')
-- The new version is there already where this script is sent a second time, after an answer that was lost.
if ARGV[8] ~= '' and version ~= ARGV[8] and version ~= ARGV[7] then
  return { 'changed' }
end
-- First a write that a server without memory refuses: behind any other it would let all of them pass.
redis.call('ZADD', KEYS[3], 0, ARGV[2])
unlist(KEYS[3], KEYS[4], ARGV[1])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'valid', ARGV[3], 'max_inactive', ARGV[4], 'last_accessed', ARGV[5],
  'version', ARGV[7], 'data', ARGV[6])
redis.call('ZADD', KEYS[3], 0, ARGV[2])
if ARGV[9] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[9], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[10])
end
return { 'kept' }
