//! The numbers and words that Rust and JavaScript both know. JavaScript's copy, `lib/bridge/wire.mjs`, is made of this file by
//! `npm run generate`, which reads constants with a plain value and nothing else. `kind::DONE` is `KIND_DONE` there.

/// One event of a call: its place among the arguments of a batch, counted from where the event begins.
pub mod event {
    /// Arguments that an event takes.
    pub const WIDTH: usize = 5;
    /// The number of the call.
    pub const CALL: usize = 0;
    /// What happened, one of the kinds.
    pub const KIND: usize = 1;
    /// The status; for a failure the number of the system's error, or 0.
    pub const STATUS: usize = 2;
    /// The lines of the head, or nothing when they are those of the head before; for a failure its texts.
    pub const HEAD: usize = 3;
    /// The body, or a piece of it.
    pub const BODY: usize = 4;
}

/// What an event of a call tells.
pub mod kind {
    /// The whole answer.
    pub const DONE: u32 = 0;
    /// The whole answer, which has no content by its nature.
    pub const DONE_WITHOUT_CONTENT: u32 = 1;
    /// The head of a streamed answer.
    pub const HEAD: u32 = 2;
    /// A piece of a streamed body.
    pub const CHUNK: u32 = 3;
    /// The end of a streamed body.
    pub const END: u32 = 4;
    /// The connection wants the next piece of a streamed request body.
    pub const READY: u32 = 5;
    /// The call failed.
    pub const FAILED: u32 = 6;
    /// The whole answer, with a tape that begins in the shared words where the bits above [`BITS`] say.
    pub const TAPED: u32 = 7;
    /// The whole answer, with a tape that is given part by part. The body is the number to ask for it by.
    pub const TAPED_IN_PARTS: u32 = 8;
    /// The whole answer, which is not the success that a protocol declares. In place of the head is the declared error as
    /// JSON, in place of the body the request's path and query.
    pub const REJECTED: u32 = 9;
    /// Bits that a kind takes.
    pub const BITS: u32 = 4;
    /// Those bits.
    pub const MASK: u32 = 15;
}

/// The texts of a failed call, by place. The last two are those of a call of a protocol's endpoint; others have empty ones.
pub mod failure {
    /// How many there are.
    pub const WIDTH: usize = 7;
    /// The stable code.
    pub const CODE: usize = 0;
    /// What went wrong.
    pub const DETAIL: usize = 1;
    /// What to do, or an empty text.
    pub const HINT: usize = 2;
    /// The message of the cause.
    pub const CAUSE: usize = 3;
    /// The system call that failed, or an empty text.
    pub const SYSCALL: usize = 4;
    /// The error that the protocol declares, as JSON.
    pub const DECLARED: usize = 5;
    /// Path and query of the request.
    pub const TARGET: usize = 6;
}

/// What a call asks for, by bit.
pub mod flag {
    /// The body as bytes.
    pub const BYTES: u32 = 1;
    /// The body piece by piece.
    pub const STREAM: u32 = 2;
    /// A redirect is the answer.
    pub const REDIRECT_MANUAL: u32 = 4;
    /// A redirect is a failure.
    pub const REDIRECT_ERROR: u32 = 8;
    /// The body of the request comes piece by piece.
    pub const UPLOAD: u32 = 16;
    /// The body as a tape, if it is JSON.
    pub const JSON: u32 = 32;
    /// Nobody else has the memory of the body that is sent.
    pub const OWNED: u32 = 64;
}

/// The words shared between a client's two halves, by place. Short tapes are in the first half.
pub mod shared {
    /// How many there are.
    pub const WORDS: usize = 32_768;
    /// How many shapes there are.
    pub const SHAPES: usize = 0;
    /// The number of the batch that the tapes belong to.
    pub const BATCH: usize = 1;
    /// The first that a tape may take.
    pub const TAPES: usize = 2;
    /// The first of a part of a long tape.
    pub const PART: usize = 16_384;
}

/// What the words of a tape say comes next; `src/json/tape.rs` says what follows each.
pub mod tag {
    /// A string, which is a part of the text.
    pub const STRING: u32 = 0;
    /// A whole number of few digits.
    pub const SMALL: u32 = 1;
    /// `null`.
    pub const NULL: u32 = 2;
    /// `true`.
    pub const TRUE: u32 = 3;
    /// `false`.
    pub const FALSE: u32 = 4;
    /// An array.
    pub const ARRAY: u32 = 5;
    /// An object.
    pub const OBJECT: u32 = 6;
    /// Any other number.
    pub const DOUBLE: u32 = 7;
    /// A string with escapes, to be parsed.
    pub const ESCAPED: u32 = 8;
    /// A string that is the next piece of the text.
    pub const PIECE: u32 = 9;
    /// From here on, the text is its next piece.
    pub const NEXT: u32 = 10;
    /// The tape goes on in its next part.
    pub const MORE: u32 = 11;
    /// Bits that a tag takes; those above it are a number.
    pub const BITS: u32 = 4;
    /// Those bits.
    pub const MASK: u32 = 15;
}

/// What an event of a notification socket tells: the first element of its array.
pub mod notification {
    /// The handshake succeeded.
    pub const OPEN: u32 = 0;
    /// Something failed.
    pub const FAULT: u32 = 1;
    /// The connection is over: code and reason follow.
    pub const CLOSE: u32 = 2;
    /// There will be another attempt: its number and the delay in milliseconds follow.
    pub const RECONNECTING: u32 = 3;
    /// Nothing more will come until the next connect, and there was no command of which the socket does not know yet.
    pub const IDLE: u32 = 4;
}

/// The event of a fault, by place; the first is its kind.
pub mod fault {
    /// How many there are.
    pub const WIDTH: usize = 7;
    /// The stable code.
    pub const CODE: usize = 1;
    /// What went wrong, and what to do.
    pub const MESSAGE: usize = 2;
    /// The system call that failed, or an empty text.
    pub const SYSCALL: usize = 3;
    /// The number of the system's error, or 0.
    pub const ERRNO: usize = 4;
    /// The status of a handshake that was refused, or 0.
    pub const STATUS: usize = 5;
    /// The body of that answer, or an empty text.
    pub const BODY: usize = 6;
}

/// What an event of a simulator tells: its `type`.
pub mod simulator {
    /// A request waits for a function to answer it.
    pub const QUESTION: &str = "question";
    /// The number of open notification sockets changed.
    pub const CONNECTIONS: &str = "connections";
    /// A publisher has sent all that it had.
    pub const PUBLISHED: &str = "published";
}

const _: () = assert!(kind::MASK == (1 << kind::BITS) - 1 && kind::REJECTED <= kind::MASK);
const _: () = assert!(tag::MASK == (1 << tag::BITS) - 1 && tag::MORE <= tag::MASK);
