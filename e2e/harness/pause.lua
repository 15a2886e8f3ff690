-- For wrk: the milliseconds between an answer and the next request of its connection, its script's only argument.
local pause_ms

function init(arguments)
  pause_ms = tonumber(arguments[1])
end

function delay()
  return pause_ms
end
