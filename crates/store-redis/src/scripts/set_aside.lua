-- KEYS: session, its place aside, ids, expiry. ARGV: base.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
end
unlist(KEYS[3], KEYS[4], ARGV[1])
return 1
