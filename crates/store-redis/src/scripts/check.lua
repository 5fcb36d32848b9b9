-- KEYS: a key to try. What the server says of its memory and of its files; nothing where it does not tell this user.
redis.call('SET', KEYS[1], '1', 'PX', 1000)
local told = ''
for _, section in ipairs({ 'memory', 'persistence' }) do
  local info = redis.pcall('INFO', section)
  if type(info) == 'string' then
    told = told .. info
  end
end
return told
