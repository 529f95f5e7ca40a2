-- KEYS: the cells. ARGV: how many microseconds cells are kept, then the tags; an empty number means everything.
local now = next_moment(KEYS[1])
local floor = redis.call('ZSCORE', KEYS[1], 'floor')
if not floor or ARGV[1] == '' then
  raise_floor(KEYS[1], now)
elseif now - tonumber(ARGV[1]) > tonumber(floor) then
  raise_floor(KEYS[1], now - tonumber(ARGV[1]))
end
redis.call('ZADD', KEYS[1], text(now), 'clock')
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], text(now), ARGV[i])
end
return 1
