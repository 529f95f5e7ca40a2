-- KEYS: the run, the cells. ARGV: the server's run id, and 1 from a process that used another server before. The
-- first process that connects to a restarted or promoted server makes all entries invalid, because purges may be
-- missing there. So does a process that comes from another server, which confirmed its purges while others filled
-- entries here.
if ARGV[1] == '' or ARGV[2] == '1' or redis.call('GET', KEYS[1]) ~= ARGV[1] then
  local now = next_moment(KEYS[2])
  raise_floor(KEYS[2], now)
  redis.call('ZADD', KEYS[2], text(now), 'clock')
  redis.call('SET', KEYS[1], ARGV[1])
  return 1
end
return 0
