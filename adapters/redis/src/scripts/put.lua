-- KEYS: the entry, the cells. ARGV: began, tags, value, milliseconds to keep it. Answers whether it is kept.
local floor = redis.call('ZSCORE', KEYS[2], 'floor')
if not floor or not is_valid(KEYS[2], floor, tonumber(ARGV[1]), ARGV[2]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'began', ARGV[1], 'tags', ARGV[2], 'value', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
