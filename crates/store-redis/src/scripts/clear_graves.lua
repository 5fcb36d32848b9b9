-- KEYS: graves, then the grave of each base. ARGV: now, then each base. How many were to be kept until a time before now.
local cleared = 0
for at = 2, #ARGV do
  local keep = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[at]) or '')
  if keep and keep < tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[at])
    cleared = cleared + redis.call('ZREM', KEYS[1], ARGV[at])
  end
end
return cleared
