#!/usr/bin/env bash
# Shows the events of all calls as they come. kcat commits for the group, so the next start goes on from there.
set -euo pipefail
declare -A last state

# What a member of this name has for its first text in an event.
member() { [[ $event =~ \"$1\":\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"; }

kcat -G example-kcat -q -u -b "$KAFKA_BROKERS" -X auto.offset.reset=earliest -f '%k %s\n' "${KAFKA_TOPIC_PREFIX:-calls.}events" |
  while read -r call event; do
    sequence=$(member sequence) type=$(member type) when='in time'
    # Sequences have ten digits, so they compare as text.
    [[ $sequence > ${last[$call]:-} ]] || continue
    last[$call]=$sequence
    if [[ $event == *'"late":true'* ]]; then
      when=late
    elif [[ $type == CallStateChanged ]]; then
      state[$call]=$(member state)
    fi
    echo "$call $sequence $type ${state[$call]:--} $when"
  done
