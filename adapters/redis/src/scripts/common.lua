-- The cells are a sorted set: the moment of each tag's last purge. Its member 'floor' stands for all tags without a cell,
-- 'clock' for the latest moment that a script has returned. Moments are microseconds, which a double holds exactly.
local function text(moment)
  return string.format('%.0f', moment)
end
local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local function last_moment(cells)
  local last = redis.call('ZRANGE', cells, 0, 0, 'REV', 'WITHSCORES')
  return tonumber(last[2] or '0')
end
local function next_moment(cells)
  return math.max(clock(), last_moment(cells) + 1)
end
-- Cells below the floor are not needed.
local function raise_floor(cells, moment)
  redis.call('ZREMRANGEBYSCORE', cells, '-inf', '(' .. text(moment))
  redis.call('ZADD', cells, text(moment), 'floor')
end
local function is_valid(cells, floor, began, tags)
  if began < tonumber(floor) then
    return false
  end
  local members = {}
  for tag in string.gmatch(tags, '[^\n]+') do
    members[#members + 1] = tag
  end
  if #members == 0 then
    return true
  end
  for _, purged in ipairs(redis.call('ZMSCORE', cells, unpack(members))) do
    if purged and tonumber(purged) > began then
      return false
    end
  end
  return true
end
