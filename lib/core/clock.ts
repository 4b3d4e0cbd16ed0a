/** The current time in epoch seconds. Tests pass a clock of their own. */
export type Clock = () => number;

export const systemClock: Clock = () => Math.floor(Date.now() / 1000);
