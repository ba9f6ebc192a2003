import pytest

from hinge_imu.sensing import parts


def test_only_one_part_is_what_was_bought():
    assert [name for name in range(256) if parts.part(name).genuine] == [0x68]


@pytest.mark.parametrize("name", [0x3C, 0x72, 0x75, 0x69, 0x19])
def test_an_unknown_part_is_trusted_with_the_least(name):
    part = parts.part(name)
    assert (part.fifo_bytes, part.self_test, part.own_acc_low_pass) == (512, None, True)
    assert f"{name:#04x}" in parts.introduction(name)
    assert "run with care" in parts.introduction(name)


@pytest.mark.parametrize(
    ("name", "counts", "celsius"), [(0x68, 0, 36.53), (0x70, 0, 21.0), (0x70, 3339, 31.0), (0x98, -3268, 15.0)]
)
def test_temperatures_of_all_parts_are_told_as_the_mpu_6050_counts(name, counts, celsius):
    assert parts.in_mpu6050_counts(parts.part(name), counts) / 340 + 36.53 == pytest.approx(celsius, abs=0.01)


def test_a_torn_temperature_stays_within_sixteen_bits():
    for counts in (-32768, 32767):
        assert abs(parts.in_mpu6050_counts(parts.part(0x70), counts)) <= 32768
