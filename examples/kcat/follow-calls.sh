#!/bin/sh
# Shows the events of all calls as they come. kcat commits for the group, so the next start goes on from there.
set -eu
kcat -G example-kcat -q -u -b "$KAFKA_BROKERS" -X auto.offset.reset=earliest -f '%k %s\n' "${KAFKA_TOPIC_PREFIX:-calls.}events" |
  awk '
    function member(name) { return match($0, "\"" name "\":\"[^\"]*\"") ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5) : "" }
    {
      call = $1; type = member("type"); sequence = member("sequence"); late = /"late":true/
      if (sequence <= last[call]) next
      last[call] = sequence
      if (type == "CallStateChanged" && !late) state[call] = member("state")
      print call, sequence, type, (call in state ? state[call] : "-"), (late ? "late" : "in time")
      fflush()
    }'
