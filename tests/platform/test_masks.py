import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot_portal.accounts.masks import mask_account, mask_email, mask_identity, mask_name, mask_phone


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_phone, "13800138000", "138****8000"),
        (mask_phone, "010-00001234", "010-****1234"),
        (mask_phone, "0316-1234567", "0316-***4567"),
        (mask_phone, "12345", "*****"),
        (mask_phone, "+8613800138000", "*" * 14),
        (mask_phone, "１３８００１３８０００", "*" * 11),
        (mask_phone, "13800138000\n", "*" * 12),
        (mask_phone, "", ""),
        (mask_identity, "110101199003071234", "110***********1234"),
        (mask_identity, "11010119900307123x", "110***********123x"),
        (mask_identity, "110101900307123", "110********7123"),
        (mask_identity, "E12345678", "*********"),
        (mask_account, "0200001909200123456", "***************3456"),
        (mask_account, "12345678", "****5678"),
        (mask_account, "1234567", "*******"),
        (mask_name, "王芳", "王*"),
        (mask_name, "欧阳娜", "欧**"),
        (mask_name, "王", "*"),
        (mask_name, "", ""),
        (mask_email, "zhangsan@example.com", "z***@example.com"),
        (mask_email, "a@example.com", "a***@example.com"),
        (mask_email, "zhangsan", "********"),
        (mask_email, "a@b@c", "*****"),
    ],
)
def test_enough_to_recognise_not_enough_to_use(mask, value, shown):
    assert mask(value) == shown


@given(st.text(alphabet="0123456789-Xx+ 一", max_size=40))
def test_no_mask_shows_more_than_nine_characters_of_a_number(text):
    for mask in (mask_phone, mask_identity, mask_account):
        shown = mask(text)
        assert len(shown) == len(text)
        assert len(shown) - shown.count("*") <= 9  # a long area code with its hyphen, and the last four


@given(st.text(alphabet="0123456789", min_size=8, max_size=32))
def test_an_account_shows_its_last_four_digits_only(number):
    assert mask_account(number) == "*" * (len(number) - 4) + number[-4:]
