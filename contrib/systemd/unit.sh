#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: unit.sh FOLDER UNIT SBINDIR SYSCONFDIR LOCALSTATEDIR QUEUE
#
# Prints a unit, made from FOLDER/UNIT.in. NAME@.TYPE is made from NAME.TYPE.in: the unit for one of
# several Postfix instances, with a configuration, sockets and control sockets of its own.
set -eu
folder=$1 unit=$2 sbindir=$3 sysconfdir=$4 localstatedir=$5 queue=$6
case $unit in
*@.*)
    source=$folder/${unit%%@*}.${unit##*.}.in
    instance='@%i' of=' (%i)' options=" -c $sysconfdir/gatepost/%i.conf"
    queue=$queue-%i run=/run/gatepost/%i conditions=conditions-instance
    ;;
*)
    source=$folder/$unit.in
    instance='' of='' options='' run=/run/gatepost conditions=conditions
    ;;
esac
sed -e "/^@sandbox@\$/{r $folder/sandbox" -e 'd' -e '}' \
    -e "/^@conditions@\$/{r $folder/$conditions" -e 'd' -e '}' "$source" |
    sed -e "s|@i@|$instance|g" -e "s|@of@|$of|" -e "s|@options@|$options|" -e "s|@queue@|$queue|g" \
        -e "s|@run@|$run|g" -e "s|@sbindir@|$sbindir|g" -e "s|@localstatedir@|$localstatedir|g"
