"""Options whose choices are the names of a dictionary."""

from collections.abc import Iterable

from tyro.constructors import PrimitiveConstructorSpec


def one_of(names: Iterable[str]) -> PrimitiveConstructorSpec[str]:
    """Return what makes `Annotated[str, one_of(names)]` an option that looks and refuses as `Literal["a", "b"]` does.

    Type checkers do not take a `Literal` of names that are found at run time.
    """
    choices = tuple(names)
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="{" + ",".join(choices) + "}",
        instance_from_str=lambda words: words[0],
        is_instance=lambda value: value in choices,
        str_from_instance=lambda value: [value],
        choices=choices,
    )
