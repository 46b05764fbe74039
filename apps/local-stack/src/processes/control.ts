import { messageOf } from '../errors.js';
import type { Stack } from '../stack.js';

/** What the process that forked the launcher may ask of it, over Node's own channel. Each request is answered once. */
export interface ControlRequest {
  readonly id: number;
  readonly restart: string;
}

/** What the launcher says on that channel: first, once, that the stack is ready; then the answers. */
export type ControlMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; /** Absent when it was done. */ readonly error?: string };

/** Serves tests that restart services; does nothing when nobody forked this process. */
export function serveControl(stack: Pick<Stack, 'restart'>): void {
  if (process.send === undefined) return;
  const say = (message: ControlMessage): void => {
    process.send?.(message);
  };
  process.on('message', ({ id, restart }: ControlRequest) => {
    stack.restart(restart).then(
      () => {
        say({ kind: 'answer', id });
      },
      (error: unknown) => {
        say({ kind: 'answer', id, error: messageOf(error) });
      },
    );
  });
  say({ kind: 'ready' });
}
