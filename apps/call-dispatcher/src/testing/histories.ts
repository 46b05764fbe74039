import type { CallHistory, NextStepRules } from '../driver/next-step.js';

/** The history of a call that Graph has told nothing about. */
export const NO_HISTORY: CallHistory = {
  hasEnded: false,
  hasFailed: false,
  isEstablishing: true,
  refusedEnd: null,
  proven: [],
  parkedAttempt: null,
  surplus: [],
  unreadCallbackId: null,
};

export const RULES: NextStepRules = {
  unknownGraceMs: 120_000,
  keepAliveIntervalMs: 900_000,
  establishingMaxMs: 120_000,
  unreadLookUpMs: 10_000,
  maxUnknownAttempts: 2,
};
