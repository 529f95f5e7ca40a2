-- KEYS: the entry, the cells. Answers {moment}, or {moment, tags, value} of a valid entry.
local entry = redis.pcall('HMGET', KEYS[1], 'began', 'tags', 'value')
local floor = redis.call('ZSCORE', KEYS[2], 'floor')
local last = last_moment(KEYS[2])
-- A key that is not a hash is somebody else's: it answers an error, which has no first element.
if floor and entry[1] and entry[2] and entry[3] and is_valid(KEYS[2], floor, tonumber(entry[1]), entry[2]) then
  -- No later purge can be given this moment, so a fill may begin at it too.
  return {text(last), entry[2], entry[3]}
end
local now = math.max(clock(), last)
if not floor then
  -- The cells are lost, and with them what was purged: nothing from before is to be believed.
  now = now + 1
  redis.call('ZADD', KEYS[2], text(now), 'floor')
end
-- Written down, so that every purge after this is later, whatever becomes of the server's clock.
redis.call('ZADD', KEYS[2], text(now), 'clock')
return {text(now)}
