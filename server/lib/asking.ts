/** Whether somebody waits for an answer, so that work that can wait does. */
export interface Asking {
  /** The same promise, counted until it is settled. */
  answered<T>(answer: Promise<T>): Promise<T>;
  /**
   * Whether an answer is under way, or one was asked for since this was last looked at: where many ask, an answer may be made from
   * beginning to end between two looks, and the next request is already in the socket.
   */
  readonly busy: boolean;
}

export function createAsking(): Asking {
  let underway = 0;
  let asked = false;
  const over = () => {
    underway -= 1;
  };
  return {
    answered(answer) {
      underway += 1;
      asked = true;
      answer.then(over, over);
      return answer;
    },
    get busy() {
      const busy = underway > 0 || asked;
      asked = false;
      return busy;
    },
  };
}
