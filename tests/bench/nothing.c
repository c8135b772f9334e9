/* SPDX-License-Identifier: MIT */
/*
 * usage: nothing
 *
 * The floor of a program that is started for each login.
 */
int main(void)
{
    return 0;
}
