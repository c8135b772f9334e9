/* SPDX-License-Identifier: MIT */
#pragma once

/* The longest RSA key that we take, 8192 bits, and a message that it has signed. */

/* Of s8192._domainkey.example.org; a string of the record ends with each \n. */
static const char longest_key_record[] =
    "v=DKIM1; k=rsa; p=MIIEIjANBgkqhkiG9w0BAQEFAAOCBA8AMIIECgKCBAEArhNqcZkgsOBGi"
    "NHDOxbBvupU4rvNhM8Bv7ExByPzixwTgdmoWIAOgex+wwdqp1yz//a1Z6DkhyIZ8ATkFpsawKrQ"
    "7moVdU6axrHCw0omawbdoaRl+ZBzx9Yaq5+ytyv82Kw/CELj6/ZdeFWU46aTX8TK2SBIwT9aAzS"
    "Q8jNxtvpTqzNfaQQ74PgAIjIN2Zn9+\n"
    "VhxiK/iRohqEuZAIOje3TW9ptfzvcu7tXH8ybwzoz7UQjY0NtCfpjcovgX6KEUFJdErzM+GEnqc"
    "659QXRJ+7GqCrT+fVrqOBQWDcO0zF9o77F8pKH+x+qIywLlplt4fNFrop2q1j7sT3QyFdZh7gFZ"
    "NSeBwKaXxOPGB7GHwobKuKF/4ZKnMZBJA9mP8YMs1wsfukmm4Oy8uFrSwnsTAWzf+Cy2ysBy7Yn"
    "9/pcyjthIyCFBmE0WASzd4ERYZ1XyU\n"
    "JaI5v13U4vuQetRIDZxezHxd9rBLFigrGEAhBqsNUB5ihAHyS+kfr1sZXyXIlrfOPBapAIGjA20"
    "BEiT54Lbx9DtUk/jtE5ywI7yXwbkNizggyRr72gzD7iY2g3sitPSaIqEY6rVGEyvYWLs00xgz6L"
    "lB6grWfT6aWHFrKrv6BajiwA2TRxIy9hOZo3VOy7P2QVNy0xExbZVg+hmtyaDp0ne5dnp2FQbxl"
    "a6C3ISDIW3nMn7zY7aEuRuVFWSdNaR\n"
    "1WB5wWjb8KBOrq1grlJ3QQgJXCG2sV3RDPbgDcxspGo5MIcfKjpQ3vUne5HdLiKbjQLii7SNMYn"
    "pRbFfJs4SnjjIrGD/Tobswrv31c7MhYUPe2UA/f4aLlBQyFcP+RrX7t1Aa5n/VatZPXktjqKVZP"
    "jRMZW+GpqKfeAazg832BxgsXFdcARKF3IlCuPOMioQnwL1kDOjYbvQcHhHJtBN9sLOEOXB8tJKp"
    "UdS+o2w+opfrndtmhgC8gP8krvsCG/\n"
    "XeVgM+qlP780+rX30UKXVmQB8iw4uiPYpxsbhm0HeLlBfllRfO/n99B16z+snFpFiLWs3t+g7VE"
    "Cy2TgZgVxtIlT0ZxWbHmUa5cgQLT/rdiqZXWkAjqPZN7BCU2eE9FfAIMVLtpyrmkReERVSCja+o"
    "W/IbBtw/p0OVdXF2VC0hpeJNkzWuMKFgQmBcCuCzQDf5JiVqTTon/cYl/lvIYSdhWgGT1b6fvqz"
    "ZN7QthKnGTabBkNchMvOi9L5ioqBhi\n"
    "tSmerf6fnu7ZaPRmtbO6VItobvPezyol8CcvPFq8NVpGG6ZLv2mBYUGRGe8hg9sbrXd7RInXzQ+"
    "0UeIaEH9hUgAMXb3yulJcGV1J9LnAlr5TSmbV3/gOXxTDMsbYKTtyk1UCmNKkMrYF1apli+mvsu"
    "y3QIDAQAB";

static const char longest_key_message[] =
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s8192;\n"
    "\tt=1794009600; h=From:From:Reply-To:Subject:Subject:To:Cc;\n"
    "\tbh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=; b=EXwCGWm1d7Np2lqE0Nb\n"
    "\tZ7IWtE88k3oGH1v82Sy0DlqZdCoMnRtX331xJU1Ga0fNSa+DvcoKbR8hN17+Fy3cOqCjcD\n"
    "\tKg5E7F5IW9LHl5ztZgQrSO7fcwN9Gd/Wu+nXuNWb5h4L4VGmziHNmxU5yz/iOi7Ti+3abV\n"
    "\to/03VxjHwVHns4i9rOBqNyx9IOHgjQDEUEPQeoAfXlryXnM8T6jKXH0TMOfGguAPNAmjkg\n"
    "\tLDMg9Jq2xBwg8l72xRtNLxZHnmXPxUy3UTndLcM5DVR44agx48FAYmepCnqyT9Qm3cgCPy\n"
    "\tN6tdG5m1fz5vua6gE5p23gFTZXCVPoweD0+IoMGvaBp0HoYm4A53/wug9GSRXZ5gsbN6LN\n"
    "\twJcCuTmotXq4l4uxItLXah2BSZlOdDUYSyzpUcGMmjWLcrg9Tcz+x8I9n3ZJs04A/xTpIV\n"
    "\tdKdtbKFtWwJJQ/oe9MI/J/B2j5EYbKsaDQtvfg9qXsbXy/mOUWtOE7ujSxQWMu+YrHIf/b\n"
    "\tAc9Nbp9bfKDjnnR2B3vRND5zoCMhmJDtH3l20NiqHi3ZENwOgt/e2R5pkqb5RJcnr+TNGK\n"
    "\tqmk9PSksBle/XnTZvnsAGab1o9yda9aHJ3sM5lJzpA7BIZuGLQvtNWm7Jku1xcH8BHQUXl\n"
    "\t/mojvOUr2fkqo8DXeT07VEBq6VtFUuHQTNx1BevtGE5poOuxedziSSeCTmTqH4QKBdVeGD\n"
    "\tMeCHxUfDXTgSzZfYohnFq/t9iSeBv+ciyGElioIhGFLiJn9hEtQ7Q6g/FKdbhmgduuRDFh\n"
    "\tw+dlbeughaaA0sCtrDnkl5c2adAeRn4KJuH915srRYq2Qm3mQMf7pJtC0CT9huNuJ8OQll\n"
    "\ttflSgkFX7Gh/IJCkgUu4MGJePBazihpPoHFalzbHLCZZOwWv04SBv8wn0dniRrqsjpiHVU\n"
    "\tvpKD1ynW/w++hcGPHMeCwZ1S2ZOZ1gfeUGNPo2uER5WitT862buBZVK21jcqpGALV6PRdP\n"
    "\tlyEwC7SUVz0qTC5Wt1NA6VFROiFL4TDYRFX/MOdvs3v6JuUT3P+4fK14XPOBkwfOSHpFTn\n"
    "\tajGVkHlv7JajJIljR6/1ISI1Ft42sKqGiOqxPA7S/tMCSEp/QsZLc6/YuvlVotqGWyYiSJ\n"
    "\tmHr9g8SzI0pUI0u+aBmGAt3W8ybpY04mpF6dLRvorP9kLZM3ORD6+ihT0X4SNLEe8nqzZs\n"
    "\tGbS3Jv36q3POi4MxPMl7IViYWoZNcmlPZzX9+2HE6MPHfkfKwufa4YdZVSe788AU6sGmc7\n"
    "\tjGkTkZkvu9JljGcYK9eJPZDc1Rh5YPGbbGsqj4wKrwpvkyJV4aRwKjBZCQRnK3qwAOZsCJ\n"
    "\tgXGYS0V68yAKzt+jA==\n"
    "From: Ann <ann@example.org>\n"
    "Subject: hi\n"
    "\n"
    "Hello\n";
