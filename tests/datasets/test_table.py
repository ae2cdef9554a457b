"""Tables: cells of text and arrays as numbers, what is observed of them, and what is refused."""

import numpy as np
import pytest

from kgen.datasets import columns as kinds
from kgen.datasets import load_table
from kgen.datasets.table import read_table

TEXT = "age,town,score\n31,Rome,0.5\n,Oslo,-1.5\n28,,\n40,Rome,nan\n"
NAN = float("nan")


@pytest.fixture
def file(tmp_path):
    """Function that writes a CSV file and gives its path."""

    def write(text, name="people.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_cells_become_numbers_codes_and_nan(file):
    table = read_table(file(TEXT))
    expected = [[31, 1, 0.5], [NAN, 0, -1.5], [28, NAN, NAN], [40, 1, NAN]]
    np.testing.assert_array_equal(table.values, expected)
    assert table.columns.names == ("age", "town", "score") and table.name == "people"
    assert table.columns.categories == ((), ("Oslo", "Rome"), ()) and table.columns.sizes == (0, 2, 0)
    assert table.columns.minimum == (28.0, 0.0, -1.5) and table.columns.span == (12.0, 0.0, 2.0)
    assert table.columns.whole == (True, False, False)


def test_numbers_are_categories_where_they_are_declared(file):
    path = file("kind,x\n2,1\n10,2\n2,\n")
    assert read_table(path).columns.sizes == (0, 0)
    assert read_table(path, ["kind"]).columns.categories == (("10", "2"), ())


def test_scaling_is_by_observed_values_only():
    complete = np.random.default_rng(0).normal(size=(50, 3))
    rows = complete.copy()
    rows[complete.argmax(axis=0), range(3)] = np.nan
    found = read_table(rows).columns
    np.testing.assert_array_equal(found.minimum, complete.min(axis=0))
    np.testing.assert_array_equal(found.span, np.sort(complete, axis=0)[-2] - complete.min(axis=0))


def test_whole_columns_have_fewer_than_20_different_numbers():
    rows = np.stack([np.arange(40) % 19, np.arange(40) % 20, np.arange(40) % 3 / 2], axis=1)
    assert read_table(rows).columns.whole == (True, False, False)


def test_batches_are_a_function_of_seed_and_step(file):
    rows = np.arange(30.0).reshape(10, 3)
    rows[3, 1] = np.nan
    dataset, description = load_table(rows, batch_size=4, seed=5)
    again = load_table(rows, batch_size=4, seed=5)[0]
    np.testing.assert_array_equal(next(iter(dataset.at(7))), next(iter(again.at(7))))
    assert not np.array_equal(next(iter(load_table(rows, batch_size=4, seed=6)[0])), next(iter(again)))
    assert (description.shape, description.num_examples, dataset.steps_per_epoch) == ((3,), 10, 2)
    assert next(iter(dataset)).dtype == "float32"
    epoch = np.concatenate([batch.numpy() for batch in load_table(rows, batch_size=4, shuffle=False)[0]])
    np.testing.assert_array_equal(epoch, rows.astype("float32"))


def test_arrays_of_strings_are_read_as_a_file_is():
    table = read_table(np.array([["1.5", "a"], [None, "b"]], object))
    np.testing.assert_array_equal(table.values, [[1.5, 0], [NAN, 1]])


def test_a_later_table_has_the_columns_of_the_first(file):
    first = read_table(file(TEXT)).columns
    later = read_table(file("age,town,score\n,,\n99,Oslo,7\n", "b.csv"), columns=first)
    np.testing.assert_array_equal(later.values, [[NAN, NAN, NAN], [99, 0, 7]])
    assert later.columns is first


def test_values_become_text():
    known = kinds.Columns(("a", "b"), ((), ("x", "y")))
    assert [known.text(0, 3.0), known.text(0, np.float32(0.1)), known.text(1, 1.0)] == ["3", "0.1", "y"]


BAD = [
    ("", "a header and at least one row"),
    ("a,b\n", "a header and at least one row"),
    ("1,2\n3,4\n", "names of the columns in the first line"),
    ("a,a\n3,4\n", "different names.*'a' twice"),
    ("a,b\n1,2\n3\n", "2 cells in each row.*1 in line 3"),
    ("a,b\n1,x\n3,4\n", "numbers in column 'b'.*'x' in line 2"),
    ("a,b\n1,\n3,nan\n", "columns of which something is known.*nothing in 'b'"),
    ("a,b\n1,2\n,\n", "rows of which something is known.*nothing in row 2"),
    ("a,b\n1,2\n3,inf\n", "finite numbers.*row 2"),
    (b"a,b\n\xff,2\n", "UTF-8"),
]


@pytest.mark.parametrize("text, message", BAD, ids=[message for _, message in BAD])
def test_bad_files_are_refused_in_one_line(file, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_table(file(text))
    assert "\n" not in str(caught.value)


LATER = [
    ("age,town\n1,Rome\n", "the columns 'age', 'town', 'score'.*the columns 'age', 'town'"),
    ("age,town,score\n1,Bonn,1\n", "known categories 'Oslo', 'Rome' in column 'town'.*'Bonn' in line 2"),
    ("age,town,score\n1,Rome,high\n", "numbers in column 'score'"),
]


@pytest.mark.parametrize("text, message", LATER, ids=[message for _, message in LATER])
def test_later_tables_that_do_not_fit_are_refused(file, text, message):
    first = read_table(file(TEXT)).columns
    with pytest.raises(ValueError, match=message):
        read_table(file(text, "later.csv"), columns=first)


def test_other_sources_are_refused(tmp_path, file):
    with pytest.raises(FileNotFoundError, match="no file"):
        load_table(tmp_path / "absent.csv")
    with pytest.raises(ValueError, match="a table"):
        load_table(np.zeros([3]))
    with pytest.raises(ValueError, match="argument `categorical`.*'twon'.*Did you mean `town`"):
        load_table(file(TEXT), ["twon"])
    with pytest.raises(ValueError, match="at most 1000 categories"):
        load_table(file("a\n" + "".join(f"x{i}\n" for i in range(1001))))
