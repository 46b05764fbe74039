/** Series of promtool's notation, a sample every 15 s: `0+1x40` begins at 0 and grows by 1, `_x4` is absent four times. */
type Samples = Readonly<Record<string, string>>;

export interface AlertCase {
  readonly alert: string;
  /** Of two rules of one alert. */
  readonly window?: string;
  /** The time at which it is looked. */
  readonly after: string;
  readonly fires: Samples;
  /** Just under the bound, or over it for too short a time. */
  readonly quiet: Samples;
}

const dispatcher = 'namespace="callbus",job="call-dispatcher",instance="10.0.0.1:9100"';
const receiver = 'namespace="callbus",job="notification-receiver",instance="10.0.0.2:9100"';
const sequencer = 'namespace="callbus",job="notification-sequencer",instance="10.0.0.3:9100"';
const commands = `${dispatcher},group="calls.call-dispatcher",topic="calls.commands"`;
const finished = (status: string): string => `callbus_calls_finished_total{${dispatcher},status="${status}"}`;
const callbacks = (result: string): string => `callbus_callbacks_total{${receiver},result="${result}"}`;
const quota = (limit: string): string => `callbus_quota_left{${dispatcher},limit="${limit}"}`;
const builtIn = { [`callbus_build_info{${dispatcher}}`]: '1x120' };
const ready = (job: string): string => `callbus_ready{namespace="callbus",job="${job}",instance="10.0.0.9:9100"}`;
const allReady = {
  [ready('gateway')]: '1x80',
  [ready('notification-receiver')]: '1x80',
  [ready('notification-sequencer')]: '1x80',
};

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'CallbusUnknownOutcome',
    after: '5m',
    fires: { [`callbus_unknown_outcomes_total{${dispatcher}}`]: '0x10 1x10' },
    quiet: { [`callbus_unknown_outcomes_total{${dispatcher}}`]: '7x20', [`callbus_calls_unknown{${dispatcher}}`]: '0x20' },
  },
  {
    alert: 'CallbusCallParked',
    after: '2m',
    fires: { [`callbus_calls_parked{${dispatcher}}`]: '1x8' },
    quiet: { [`callbus_calls_parked{${dispatcher}}`]: '1x3 0x5' },
  },
  {
    alert: 'CallbusSurplusCall',
    after: '10m',
    fires: { [`callbus_surplus_calls_total{${sequencer}}`]: '0x20 1x20' },
    quiet: { [`callbus_surplus_calls_total{${sequencer}}`]: '3x40' },
  },
  {
    alert: 'CallbusCallsFailing',
    after: '30m',
    fires: { [finished('rejected')]: '0+1x120', [finished('expired')]: '0+0.1x120', [finished('created')]: '0+1x120' },
    quiet: {
      [finished('rejected')]: '0+1x120',
      [finished('created')]: '0+1x120',
      // The caller's own doing.
      [finished('invalid')]: '0+9x120',
      [finished('cancelled')]: '0+9x120',
    },
  },
  {
    alert: 'CallbusCallsSilent',
    after: '10m',
    fires: { [`callbus_calls_silent{${sequencer}}`]: '1x40' },
    quiet: { [`callbus_calls_silent{${sequencer}}`]: '0 1x39' },
  },
  {
    alert: 'CallbusKeepAliveFailing',
    after: '30m',
    fires: { [`callbus_keep_alive_failures_total{${dispatcher}}`]: '0x60 3x60' },
    quiet: { [`callbus_keep_alive_failures_total{${dispatcher}}`]: '0x60 2x60' },
  },
  {
    alert: 'CallbusCallbacksLost',
    window: '1h',
    after: '10m',
    fires: { [callbacks('accepted')]: '0+100x100', [callbacks('NOT_STORED')]: '0+1.5x100' },
    quiet: {
      [callbacks('accepted')]: '0+100x100',
      [callbacks('NOT_STORED')]: '0+1.4x100',
      // What anybody can send.
      [callbacks('UNKNOWN_ADDRESS')]: '0+100x100',
    },
  },
  {
    alert: 'CallbusCallbacksLost',
    window: '6h',
    after: '20m',
    fires: { [callbacks('accepted')]: '0+100x100', [callbacks('UNAUTHORIZED')]: '0+0.65x100' },
    quiet: { [callbacks('accepted')]: '0+100x100', [callbacks('UNAUTHORIZED')]: '0+0.55x100' },
  },
  {
    alert: 'CallbusCallbacksMissing',
    after: '15m',
    fires: {
      [`callbus_posts_total{${dispatcher},outcome="created"}`]: '0+1x60',
      [callbacks('accepted')]: '5x60',
      [callbacks('UNKNOWN_ADDRESS')]: '0+4x60',
    },
    quiet: {
      [`callbus_posts_total{${dispatcher},outcome="created"}`]: '0+1x60',
      [callbacks('accepted')]: '5x50 6x10',
    },
  },
  {
    alert: 'CallbusCallbackKeysStale',
    after: '6m',
    fires: { [`callbus_jwks_age_seconds{${receiver}}`]: '3601+15x24' },
    quiet: { [`callbus_jwks_age_seconds{${receiver}}`]: '3240+15x24' },
  },
  {
    alert: 'CallbusConsumerDeaf',
    after: '4m',
    fires: { [`callbus_kafka_commit_age_seconds{${commands}}`]: '0+15x16' },
    quiet: { [`callbus_kafka_commit_age_seconds{${commands}}`]: '0+7.5x16' },
  },
  {
    alert: 'CallbusConsumerLagging',
    after: '20m',
    fires: { [`callbus_kafka_consumer_lag_records{${commands}}`]: '1001+10x80' },
    quiet: { [`callbus_kafka_consumer_lag_records{${commands}}`]: '2000-5x80' },
  },
  {
    alert: 'CallbusCrashLoop',
    after: '30m',
    fires: { ...builtIn, [`process_start_time_seconds{${dispatcher}}`]: '1000x40 1500x20 1900x20 2300x60' },
    quiet: {
      ...builtIn,
      [`process_start_time_seconds{${dispatcher}}`]: '1000x40 1500x40 1900x60',
      [`callbus_kafka_consumer_crashes_total{${commands},restart="true"}`]: '0x60 2x60',
      // Somebody else's.
      'process_start_time_seconds{job="other",instance="10.0.0.8:80"}': '1x40 2x20 3x20 4x60',
    },
  },
  {
    alert: 'CallbusProduceFailing',
    after: '12m',
    fires: { [`callbus_kafka_produce_errors_total{${commands}}`]: '0+1x48' },
    quiet: { [`callbus_kafka_produce_errors_total{${commands}}`]: '0x30 9x18' },
  },
  {
    alert: 'CallbusProduceMismatch',
    after: '10m',
    fires: { [`callbus_kafka_produce_mismatches_total{${dispatcher}}`]: '0x20 1x20' },
    quiet: { [`callbus_kafka_produce_mismatches_total{${dispatcher}}`]: '2x40' },
  },
  {
    alert: 'CallbusDeadLetters',
    after: '10m',
    // The first of its kind, as the first sample of its series.
    fires: { [`callbus_dead_letters_total{${dispatcher},topic="calls.commands",reason="CONFLICT"}`]: '_x20 1x20' },
    quiet: { [`callbus_ready{${dispatcher}}`]: '1x40' },
  },
  {
    alert: 'CallbusLedgerBehind',
    after: '2m',
    fires: { [`callbus_ledger_lag_records{${dispatcher}}`]: '101x8' },
    quiet: { [`callbus_ledger_lag_records{${dispatcher}}`]: '100x8' },
  },
  {
    alert: 'CallbusBreakerOpen',
    after: '3m',
    // It opens anew after each probe.
    fires: { [`callbus_breaker_open{${dispatcher}}`]: '1 0 1 0 0 1 0 0 1 0 1 1 0' },
    quiet: { [`callbus_breaker_open{${dispatcher}}`]: '0x7 1x5' },
  },
  {
    alert: 'CallbusTokenExpiring',
    after: '4m',
    fires: { [`callbus_graph_token_remaining_seconds{${dispatcher}}`]: '390-15x16' },
    quiet: { [`callbus_graph_token_remaining_seconds{${dispatcher}}`]: '360-15x8 240x8' },
  },
  {
    alert: 'CallbusQuotaNearlyUsed',
    after: '5m',
    fires: { [quota('calls_per_month')]: '999x20', [quota('live_calls')]: '10x20' },
    quiet: { [quota('calls_per_month')]: '1000x20', [quota('live_calls')]: '10x20', [quota('concurrent_posts')]: '0x20' },
  },
  {
    alert: 'CallbusServiceDown',
    after: '3m',
    fires: { ...allReady, [ready('call-dispatcher')]: '0x80' },
    quiet: { ...allReady, [ready('call-dispatcher')]: '0x80', [`callbus_ready{${dispatcher}}`]: '1x80' },
  },
  {
    alert: 'CallbusNotReady',
    after: '12m',
    fires: { [`callbus_ready{${dispatcher}}`]: '0x60' },
    quiet: { [`callbus_ready{${dispatcher}}`]: '1x10 0x50', 'up{job="other"}': '0x60' },
  },
  {
    alert: 'CallbusEventLoopSlow',
    after: '10m',
    fires: { ...builtIn, [`nodejs_eventloop_lag_p99_seconds{${dispatcher}}`]: '0.21x40' },
    quiet: {
      ...builtIn,
      [`nodejs_eventloop_lag_p99_seconds{${dispatcher}}`]: '0.2x40',
      'nodejs_eventloop_lag_p99_seconds{job="other",instance="10.0.0.8:80"}': '9x40',
    },
  },
  {
    alert: 'CallbusMemoryNearLimit',
    after: '10m',
    fires: {
      ...builtIn,
      [`process_resident_memory_bytes{${dispatcher}}`]: '86x40',
      [`nodejs_heap_size_limit_bytes{${dispatcher}}`]: '100x40',
    },
    quiet: {
      ...builtIn,
      [`process_resident_memory_bytes{${dispatcher}}`]: '85x40',
      [`nodejs_heap_size_limit_bytes{${dispatcher}}`]: '100x40',
    },
  },
];
