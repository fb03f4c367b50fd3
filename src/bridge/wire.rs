//! Numbers and words that Rust and JavaScript share. `npm run generate` makes JavaScript's copy, `lib/bridge/wire.mjs`, of
//! this file, in which it accepts only constants with a plain value. `kind::DONE` is `KIND_DONE` there.

/// The arguments of one event of a call, by position. A batch is a call of JavaScript with the arguments of all its events.
pub mod event {
    /// The number of arguments for each event.
    pub const WIDTH: usize = 5;
    /// The number of the call.
    pub const CALL: usize = 0;
    /// What happened: a constant of `kind`, and above its bits a number for `TAPED`.
    pub const KIND: usize = 1;
    /// The HTTP status; for an error the system's error number, or 0.
    pub const STATUS: usize = 2;
    /// The lines of the response head, or `undefined` when they equal those of the head before; for an error its texts.
    pub const HEAD: usize = 3;
    /// The body, or a piece of it.
    pub const BODY: usize = 4;
}

/// Kinds of events of a call.
pub mod kind {
    /// The complete answer.
    pub const DONE: u32 = 0;
    /// The complete answer, which has no content: status 204, an answer to HEAD, or a length of zero.
    pub const DONE_WITHOUT_CONTENT: u32 = 1;
    /// The head of a streamed answer.
    pub const HEAD: u32 = 2;
    /// A piece of a streamed body.
    pub const CHUNK: u32 = 3;
    /// The end of a streamed body.
    pub const END: u32 = 4;
    /// The connection is ready for the next piece of a streamed request body.
    pub const READY: u32 = 5;
    /// The call failed.
    pub const FAILED: u32 = 6;
    /// The complete answer, with a tape in the shared words. The bits above [`BITS`] are its position.
    pub const TAPED: u32 = 7;
    /// The complete answer, with a tape in parts. Instead of the body there is the number to ask for the parts by.
    pub const TAPED_IN_PARTS: u32 = 8;
    /// The complete answer to a call of a protocol, if it is not the declared success. Instead of the head there is the
    /// declared error as JSON, instead of the body the request's path and query.
    pub const REJECTED: u32 = 9;
    /// The number of low bits that hold the kind.
    pub const BITS: u32 = 4;
    /// A mask of those bits.
    pub const MASK: u32 = 15;
}

/// The texts of a failed call, by position. The last two are empty unless it is a call of a protocol endpoint.
pub mod call_error {
    /// The number of texts.
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

/// Flags of a call.
pub mod flag {
    /// Deliver the body as bytes.
    pub const BYTES: u32 = 1;
    /// Deliver the body piece by piece.
    pub const STREAM: u32 = 2;
    /// Deliver a redirect as the answer.
    pub const REDIRECT_MANUAL: u32 = 4;
    /// Fail at a redirect.
    pub const REDIRECT_ERROR: u32 = 8;
    /// The request body comes piece by piece.
    pub const UPLOAD: u32 = 16;
    /// Deliver the body as a tape if possible, because JavaScript wants the value of its JSON.
    pub const JSON: u32 = 32;
    /// The memory of the request body is used by nothing else, so that it need not be copied.
    pub const OWNED: u32 = 64;
}

/// The words that a client shares with JavaScript, by position. Short tapes are in the first half, parts of long ones in
/// the second.
pub mod shared {
    /// The number of words.
    pub const WORDS: usize = 32_768;
    /// The number of shapes so far.
    pub const SHAPES: usize = 0;
    /// The number of the batch that the tapes belong to.
    pub const BATCH: usize = 1;
    /// Where short tapes begin.
    pub const TAPES: usize = 2;
    /// Where a part of a long tape begins.
    pub const PART: usize = 16_384;
}

/// Tags of the words of a tape, for what comes next. `src/json/tape.rs` says which words follow each.
pub mod tag {
    /// A string that is a part of the current piece of text.
    pub const STRING: u32 = 0;
    /// An integer of at most eight digits.
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
    /// A string with escapes, which `JSON.parse` must read.
    pub const ESCAPED: u32 = 8;
    /// A string that is the whole next piece of text.
    pub const PIECE: u32 = 9;
    /// The next piece of text becomes the current one.
    pub const NEXT: u32 = 10;
    /// The tape continues in its next part.
    pub const MORE: u32 = 11;
    /// The number of low bits that hold the tag; the bits above are a number.
    pub const BITS: u32 = 4;
    /// A mask of those bits.
    pub const MASK: u32 = 15;
}

/// Kinds of events of a notification socket: the first element of an event's array.
pub mod notification {
    /// The handshake succeeded.
    pub const OPEN: u32 = 0;
    /// An error, with the values of `notification_error`.
    pub const ERROR: u32 = 1;
    /// The connection was closed. The close code and the reason follow.
    pub const CLOSE: u32 = 2;
    /// There will be another attempt. Its number and the delay in milliseconds follow.
    pub const RECONNECTING: u32 = 3;
    /// Nothing more comes until the next connect. Not sent while a command is on its way.
    pub const IDLE: u32 = 4;
}

/// An error of a notification socket, by position in the event's array. The first element is the kind.
pub mod notification_error {
    /// The number of elements.
    pub const WIDTH: usize = 7;
    /// The stable code.
    pub const CODE: usize = 1;
    /// What went wrong, and what to do.
    pub const MESSAGE: usize = 2;
    /// The system call that failed, or an empty text.
    pub const SYSCALL: usize = 3;
    /// The system's error number, or 0.
    pub const ERRNO: usize = 4;
    /// The HTTP status of a refused handshake, or 0.
    pub const STATUS: usize = 5;
    /// The body of that response, or an empty text.
    pub const BODY: usize = 6;
}

/// Kinds of events of a simulator: the `type` of an event.
pub mod simulator {
    /// A request waits for a JavaScript function to answer it.
    pub const QUESTION: &str = "question";
    /// The number of open notification sockets changed.
    pub const CONNECTIONS: &str = "connections";
    /// A publisher has sent all its messages.
    pub const PUBLISHED: &str = "published";
}

const _: () = assert!(kind::MASK == (1 << kind::BITS) - 1 && kind::REJECTED <= kind::MASK);
const _: () = assert!(tag::MASK == (1 << tag::BITS) - 1 && tag::MORE <= tag::MASK);
