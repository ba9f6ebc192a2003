import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.config import ChipConfig, ConfigError
from hinge_imu.sensing import settings

LOW_PASS = st.sampled_from([184, 94, 44, 21, 10, 5])


@given(st.floats(4, 1000), LOW_PASS)
def test_the_nearest_divider_is_taken_and_the_true_rate_told(rate, low_pass):
    chip = ChipConfig(rate_hz=rate, low_pass_hz=low_pass)
    possible = [1000 / n for n in range(1, 257)]
    true = settings.rate_hz(chip)
    assert true in possible
    nearest_period = min(abs(1 / p - 1 / rate) for p in possible)
    assert abs(1 / true - 1 / rate) == pytest.approx(nearest_period, abs=1e-12)


def test_without_a_low_pass_the_divider_divides_eight_kilohertz():
    chip = ChipConfig(rate_hz=200, low_pass_hz=260)
    assert settings.register_values(chip)[0x19] == 39
    assert settings.rate_hz(chip) == 200


def test_a_rate_that_the_chip_cannot_go_is_refused_with_the_mend():
    with pytest.raises(ConfigError, match=r"rate_hz = 10 with low_pass_hz = 260: .* 31\.25 Hz .* 184 or less"):
        settings.register_values(ChipConfig(rate_hz=10, low_pass_hz=260))


def test_the_shipped_settings_mean_what_the_data_sheet_says():
    chip = ChipConfig()
    assert settings.acc_scale(chip) * 2048 == pytest.approx(9.80665)
    assert settings.gyr_scale(chip) * 16.4 == pytest.approx(3.14159265 / 180, rel=1e-3)
    assert settings.delay_s(chip) == 0.0048
