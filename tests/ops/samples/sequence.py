"""Rows of the operators over sequences of different lengths."""

from tests.ops.rows import const, f, ints, row

LENGTHS = const([1, 3])
BATCH_FIRST = const([1, 2, 1, 2])

ROWS = [
    row("SequenceLast", (4, 2, 3)).set(grad=False, note="MXNet's gradient is zero without lengths"),
    row("SequenceLast", (4, 2, 3), LENGTHS, use_sequence_length=True),
    row("SequenceLast", (3, 2), const([1, 2]), use_sequence_length=True),
    row("SequenceLast", (3, 2, 2, 2), const([3, 2], dtype="int32"), use_sequence_length=True),
    row("SequenceLast", (4, 2, 3), axis=1).set(grad=False, note="MXNet's gradient is zero without lengths"),
    row("SequenceLast", (4, 2, 3), BATCH_FIRST, use_sequence_length=True, axis=1),
    row("SequenceLast", (4, 2, 3), axis=2).set(raises="axis must be 0 or 1"),
    row("SequenceLast", (4,)).set(raises="2 or more axes"),
    row("SequenceLast", (4, 2, 3), const([1, 3, 2]), use_sequence_length=True).set(raises="sequence_length must have"),
    row("SequenceMask", (4, 2, 3)),
    row("SequenceMask", (4, 2, 3), LENGTHS, use_sequence_length=True),
    row("SequenceMask", (4, 2, 3), const([0, 9]), use_sequence_length=True, value=-1.5),
    row("SequenceMask", (4, 2, 3), BATCH_FIRST, use_sequence_length=True, axis=1, value=2),
    row("SequenceMask", ints(4, 2, 3, dtype="uint8"), LENGTHS, use_sequence_length=True, value=-1.5).set(grad=False),
    row("SequenceMask", f(4, 2, dtype="float16"), const([1, 3], "float16"), use_sequence_length=True, value=-1e9).set(
        numeric=False
    ),
    row("SequenceMask", ints(3, 2, dtype="int32"), const([1, 2], dtype="int32"), use_sequence_length=True).set(
        grad=False
    ),
    row("SequenceMask", f(3, 2, dtype="float64"), LENGTHS, use_sequence_length=True),
    row("SequenceMask", (4, 2, 3), axis=-1).set(raises="axis must be 0 or 1"),
    row("SequenceReverse", (4, 2, 3)),
    row("SequenceReverse", (4, 2, 3), LENGTHS, use_sequence_length=True),
    row("SequenceReverse", (4, 2), const([0, 4]), use_sequence_length=True),
    row("SequenceReverse", (3, 2, 2, 2), const([3, 2], dtype="int32"), use_sequence_length=True),
    row("SequenceReverse", (4, 2, 3), axis=1).set(raises="axis must be 0"),
    row("SequenceReverse", (4,)).set(raises="2 or more axes"),
]

ROWS += [
    row("element_mask", (3, 2, 2), const([0, 1, 2])).set(
        golden=False, numeric=False, note="the wheel no longer has it; masks get no gradient"
    ),
    row("element_mask", (3, 2), const([0, 1])).set(raises="one number an example"),
]
