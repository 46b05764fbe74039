/** What is injected that is no class of this app. */
export const APP_TOKENS = Symbol('app tokens');
export const HISTORIES = Symbol('histories of all calls');
export const INBOX_RULES = Symbol('rules for commands');
export const LOGGER = Symbol('logger');
export const RECORD_SENDER = Symbol('record sender');
export const RELAY_OPTIONS = Symbol('relay options');
