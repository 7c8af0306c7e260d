"""A spec whose names mean harm to every format."""

from __future__ import annotations

HOSTILE = """
name: '=cmd|x <img src=x>'
title: '<script>alert(1)</script> [link](javascript:x) $\\write18$ `code` | cell'
source: '{{7*7}} \\href{x}{y} *bold* _under_ # heading'
note: ['@SUM(A1)', '<b>bold</b> & more', '| a | b |']
input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {name: '=1+1|<i>x</i>', out: 4, kernel: 3, note: '</table><script>alert(2)</script>'}
  - relu: {name: '-2+3_%$&~^'}
"""
