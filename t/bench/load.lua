-- What wrk does, by the arguments after "--": FILE holds one path a line, of
-- which each request takes one at random; "" for the URL's own, with which wrk
-- sends one and the same request and is at its fastest.  DELAY is how many
-- milliseconds a connection pauses before a request on the average, so that
-- the load stays below what the server can take; 0 for no pause.  TOKENS holds
-- one bearer token a line, of which each request takes the next; after the
-- last one there are no more requests, and the time is that until then.
--
-- The summary goes to standard output as one line of JSON, times in
-- microseconds.

local ffi = require("ffi")

ffi.cdef("struct rb_time { long sec; long usec; };"
         .. " int gettimeofday(struct rb_time *time, void *zone);")

local seeds, threads = 0, {}


local function now()
    local time = ffi.new("struct rb_time")

    ffi.C.gettimeofday(time, nil)

    return tonumber(time.sec) * 1e6 + tonumber(time.usec)
end


-- every thread draws numbers of its own

function setup(thread)
    seeds = seeds + 1
    thread:set("seed", seeds)
    threads[seeds] = thread
end


function init(args)
    local file, mean = args[1] or "", tonumber(args[2] or 0)

    math.randomseed(os.time() + seed * 7919)

    if file ~= "" then
        local requests = {}

        for path in io.lines(file) do
            requests[#requests + 1] = wrk.format("GET", path)
        end

        request = function()
            return requests[math.random(#requests)]
        end
    end

    if (args[3] or "") ~= "" then
        local next_line = io.lines(args[3])

        request = function()
            local token = next_line()

            if token == nil then
                ended = ended or now()
                wrk.thread:stop()
                next_line = function() return last end
                token = last
            end

            last = token
            began = began or now()
            wrk.headers["Authorization"] = "Bearer " .. token

            return wrk.format()
        end
    end

    if mean > 0 then
        delay = function()
            return math.floor(math.random() * 2 * mean + 0.5)
        end
    end
end


function done(summary, latency, requests)
    local e, usec = summary.errors, summary.duration

    for _, thread in ipairs(threads) do
        if thread:get("ended") then
            usec = thread:get("ended") - thread:get("began")
        end
    end

    io.write(string.format(
        '\n{"requests":%d,"usec":%d,"bytes":%d,"p50":%d,"p99":%d,"max":%d,'
        .. '"status":%d,"broken":%d}\n',
        summary.requests, usec, summary.bytes,
        latency:percentile(50), latency:percentile(99), latency.max,
        e.status, e.connect + e.read + e.write + e.timeout))
end
