-- KEYS: the run, the cells. ARGV: the server's run id, and 1 from a process that was at another server before. Whoever
-- comes first to a server that was started anew, with whatever data, or was promoted, lets nothing from before be
-- believed: purges may be missing from it. So does whoever comes later from elsewhere, where its purges were confirmed
-- while others filled here.
if ARGV[1] == '' or ARGV[2] == '1' or redis.call('GET', KEYS[1]) ~= ARGV[1] then
  local now = next_moment(KEYS[2])
  raise_floor(KEYS[2], now)
  redis.call('ZADD', KEYS[2], text(now), 'clock')
  redis.call('SET', KEYS[1], ARGV[1])
  return 1
end
return 0
