-- Takes a base out of both lists. An id begins with its base and ends there or goes on with a dot.
local function unlist(ids, expiry, base)
  redis.call('ZREM', ids, base)
  redis.call('ZREMRANGEBYLEX', ids, '[' .. base .. '.', '(' .. base .. '/')
  redis.call('ZREM', expiry, base)
end
