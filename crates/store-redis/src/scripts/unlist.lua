-- KEYS: session, ids, expiry. ARGV: base. For what its time to live has taken. 1 where it has.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
unlist(KEYS[2], KEYS[3], ARGV[1])
return 1
