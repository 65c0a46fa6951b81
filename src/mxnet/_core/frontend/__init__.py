"""The generator behind ``mx.nd.*``, ``mx.sym.*`` and the fluent methods: functions made from operator declarations."""
