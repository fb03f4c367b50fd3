//! The states of a notification socket and what changes them. Does no input or output.

use super::backoff::Backoff;

/// The state of a notification socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not connected, until the user connects.
    Idle,
    /// Connecting, or waiting for the answer to the handshake.
    Connecting,
    /// Reading messages.
    Open,
    /// Closing: sending a close frame and waiting for the server's or for the end of the connection.
    Closing,
    /// Waiting for the delay before the next attempt.
    Waiting,
}

/// What can happen to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The user called `connect()`.
    Connect,
    /// The user called `close()`.
    Close,
    /// The handshake succeeded.
    Opened,
    /// The server sent a close frame.
    Finishing,
    /// The connection must be closed because the server broke the protocol or was silent. The user gets an error before
    /// the connection has ended.
    Failing,
    /// The connection, or the attempt to connect, has ended.
    Ended,
    /// The delay before the next attempt has passed.
    DelayOver,
}

/// The delay before the next attempt, in [`State::Waiting`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// Number of the next attempt; 1 after a connection that was open.
    pub attempt: u32,
    /// The delay, in milliseconds.
    pub ms: f64,
}

/// The states of one socket and their transitions.
#[derive(Debug)]
pub struct Machine {
    state: State,
    backoff: Option<Backoff>,
    attempt: u32,
    delay: Option<Delay>,
    after: After,
}

/// What follows when the current connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Reconnecting, if the options say so.
    Retry,
    /// The same. But the user was already told that the connection failed, and a `Connect` now asks for a new one.
    Failed,
    /// Nothing: the user closed.
    Rest,
    /// Connecting at once: the user asked for that while the last connection was closing.
    Dial,
}

impl Machine {
    /// A machine in [`State::Idle`]. Without a `backoff` it never reconnects by itself.
    #[must_use]
    pub fn new(backoff: Option<Backoff>) -> Self {
        Self { state: State::Idle, backoff, attempt: 0, delay: None, after: After::Retry }
    }

    /// The current state.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The delay being waited for, in [`State::Waiting`].
    #[must_use]
    pub fn delay(&self) -> Option<Delay> {
        self.delay
    }

    /// Applies an input and returns the new state. Inputs without a meaning in the current state are ignored.
    pub fn on(&mut self, input: Input) -> State {
        self.state = match (self.state, input) {
            (State::Idle, Input::Connect) => {
                self.attempt = 0;
                self.dial()
            }
            (State::Waiting, Input::Connect | Input::DelayOver) => self.dial(),
            (State::Waiting, Input::Close) => {
                self.delay = None;
                State::Idle
            }
            (State::Connecting, Input::Opened) => {
                self.attempt = 0;
                State::Open
            }
            (State::Connecting | State::Open | State::Closing, Input::Close) => {
                self.after = After::Rest;
                State::Closing
            }
            (State::Open, Input::Finishing) => State::Closing,
            (State::Open, Input::Failing) => {
                self.after = After::Failed;
                State::Closing
            }
            (State::Closing, Input::Connect) => {
                if matches!(self.after, After::Rest | After::Failed) {
                    self.after = After::Dial;
                }
                State::Closing
            }
            (State::Connecting | State::Open | State::Closing, Input::Ended) => self.next(),
            (state, _) => state,
        };
        self.state
    }

    fn dial(&mut self) -> State {
        self.delay = None;
        self.after = After::Retry;
        State::Connecting
    }

    fn next(&mut self) -> State {
        match (self.after, self.backoff) {
            (After::Dial, _) => {
                self.attempt = 0;
                self.dial()
            }
            (After::Retry | After::Failed, Some(backoff)) => {
                self.attempt = self.attempt.saturating_add(1);
                self.delay = Some(Delay { attempt: self.attempt, ms: backoff.delay_ms(self.attempt) });
                State::Waiting
            }
            (After::Rest, _) | (After::Retry | After::Failed, None) => State::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { base_ms: 10.0, max_ms: 25.0, jitter: false };

    fn machine(inputs: &[Input]) -> Machine {
        let mut machine = Machine::new(Some(BACKOFF));
        for input in inputs {
            machine.on(*input);
        }
        machine
    }

    fn reach(state: State) -> Machine {
        let machine = match state {
            State::Idle => machine(&[]),
            State::Connecting => machine(&[Input::Connect]),
            State::Open => machine(&[Input::Connect, Input::Opened]),
            State::Closing => machine(&[Input::Connect, Input::Opened, Input::Close]),
            State::Waiting => machine(&[Input::Connect, Input::Ended]),
        };
        assert_eq!(machine.state(), state);
        machine
    }

    #[test]
    fn every_input_in_every_state() {
        use Input as I;
        use State as S;
        let inputs = [I::Connect, I::Close, I::Opened, I::Finishing, I::Failing, I::Ended, I::DelayOver];
        let table = [
            (S::Idle, [S::Connecting, S::Idle, S::Idle, S::Idle, S::Idle, S::Idle, S::Idle]),
            (
                S::Connecting,
                [S::Connecting, S::Closing, S::Open, S::Connecting, S::Connecting, S::Waiting, S::Connecting],
            ),
            (S::Open, [S::Open, S::Closing, S::Open, S::Closing, S::Closing, S::Waiting, S::Open]),
            (S::Closing, [S::Closing, S::Closing, S::Closing, S::Closing, S::Closing, S::Idle, S::Closing]),
            (
                S::Waiting,
                [S::Connecting, S::Idle, S::Waiting, S::Waiting, S::Waiting, S::Waiting, S::Connecting],
            ),
        ];
        for (from, row) in table {
            for (input, to) in inputs.into_iter().zip(row) {
                assert_eq!(reach(from).on(input), to, "{from:?} on {input:?}");
            }
        }
    }

    #[test]
    fn attempts_count_up_and_start_again_after_an_open() {
        let mut machine = reach(State::Waiting);
        assert_eq!(machine.delay(), Some(Delay { attempt: 1, ms: 10.0 }));
        machine.on(Input::DelayOver);
        machine.on(Input::Ended);
        assert_eq!(machine.delay(), Some(Delay { attempt: 2, ms: 20.0 }));
        machine.on(Input::DelayOver);
        machine.on(Input::Ended);
        assert_eq!(machine.delay(), Some(Delay { attempt: 3, ms: 25.0 }));
        machine.on(Input::DelayOver);
        machine.on(Input::Opened);
        machine.on(Input::Ended);
        assert_eq!(machine.delay(), Some(Delay { attempt: 1, ms: 10.0 }));
    }

    #[test]
    fn closing_for_the_server_still_reconnects() {
        let mut machine = reach(State::Open);
        machine.on(Input::Finishing);
        assert_eq!(machine.on(Input::Ended), State::Waiting);
    }

    #[test]
    fn closing_for_the_user_does_not() {
        let mut machine = reach(State::Closing);
        assert_eq!(machine.on(Input::Ended), State::Idle);
        assert_eq!(machine.delay(), None);
    }

    #[test]
    fn the_user_may_close_what_the_server_is_closing() {
        let mut machine = reach(State::Open);
        machine.on(Input::Finishing);
        machine.on(Input::Close);
        assert_eq!(machine.on(Input::Ended), State::Idle);
    }

    #[test]
    fn connect_while_closing_dials_once_the_old_connection_is_gone() {
        let mut machine = reach(State::Closing);
        machine.on(Input::Connect);
        assert_eq!(machine.on(Input::Ended), State::Connecting);
        assert_eq!(machine.on(Input::Ended), State::Waiting);
    }

    #[test]
    fn the_last_wish_counts_while_closing() {
        let mut machine = reach(State::Closing);
        machine.on(Input::Connect);
        machine.on(Input::Close);
        assert_eq!(machine.on(Input::Ended), State::Idle);
    }

    #[test]
    fn connect_while_the_server_closes_changes_nothing() {
        let mut machine = reach(State::Open);
        machine.on(Input::Finishing);
        machine.on(Input::Connect);
        assert_eq!(machine.on(Input::Ended), State::Waiting);
    }

    #[test]
    fn connect_after_a_failure_dials_once_the_connection_is_closed() {
        for backoff in [Some(BACKOFF), None] {
            let mut machine = Machine::new(backoff);
            for input in [Input::Connect, Input::Opened, Input::Failing, Input::Connect] {
                machine.on(input);
            }
            assert_eq!(machine.on(Input::Ended), State::Connecting);
        }
    }

    #[test]
    fn a_failure_still_reconnects() {
        let mut machine = reach(State::Open);
        machine.on(Input::Failing);
        assert_eq!(machine.on(Input::Ended), State::Waiting);
    }

    #[test]
    fn connect_while_waiting_keeps_the_count() {
        let mut machine = reach(State::Waiting);
        machine.on(Input::Connect);
        assert_eq!(machine.delay(), None);
        machine.on(Input::Ended);
        assert_eq!(machine.delay().map(|delay| delay.attempt), Some(2));
    }

    #[test]
    fn without_backoff_it_never_reconnects() {
        let mut machine = Machine::new(None);
        machine.on(Input::Connect);
        machine.on(Input::Opened);
        assert_eq!(machine.on(Input::Ended), State::Idle);
        assert_eq!(machine.on(Input::Connect), State::Connecting);
        assert_eq!(machine.on(Input::Ended), State::Idle);
    }
}
