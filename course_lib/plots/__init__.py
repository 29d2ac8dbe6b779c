"""Plots: every picture that more than one lesson draws; plain arrays in, a Figure out."""

from course_lib.extras import extra

with extra("plots"):
    from course_lib.plots.alarm_lanes import alarm_lanes as alarm_lanes
    from course_lib.plots.bars import bars as bars
    from course_lib.plots.code_map import code_map as code_map
    from course_lib.plots.codes import codes_2d as codes_2d
    from course_lib.plots.curves import training_curves as training_curves
    from course_lib.plots.diagram import autoencoder_diagram as autoencoder_diagram
    from course_lib.plots.distributions import distributions as distributions
    from course_lib.plots.explorer import explorer as explorer
    from course_lib.plots.explorer import traversals as traversals
    from course_lib.plots.family import family_diagram as family_diagram
    from course_lib.plots.feature_maps import feature_maps as feature_maps
    from course_lib.plots.fields import vector_fields as vector_fields
    from course_lib.plots.images import filters as filters
    from course_lib.plots.images import image_grid as image_grid
    from course_lib.plots.images import reconstructions as reconstructions
    from course_lib.plots.levels import level_lines as level_lines
    from course_lib.plots.lines import lines as lines
    from course_lib.plots.map_slider import map_slider as map_slider
    from course_lib.plots.matrix import matrix as matrix
    from course_lib.plots.pair_diagram import pair_diagram as pair_diagram
    from course_lib.plots.panels import point_panels as point_panels
    from course_lib.plots.phase_diagram import phase_diagram as phase_diagram
    from course_lib.plots.photographs import photographs as photographs
    from course_lib.plots.pixel_diagram import pixel_diagram as pixel_diagram
    from course_lib.plots.plane import plane as plane
    from course_lib.plots.predictive_diagram import predictive_diagram as predictive_diagram
    from course_lib.plots.scorecard import scorecard as scorecard
    from course_lib.plots.sequence_diagram import sequence_diagram as sequence_diagram
    from course_lib.plots.stack_diagram import stack_diagram as stack_diagram
    from course_lib.plots.stamps import stamp_overlap as stamp_overlap
    from course_lib.plots.sums import image_sum as image_sum
    from course_lib.plots.traces import traces as traces
    from course_lib.plots.trade_offs import trade_offs as trade_offs
    from course_lib.plots.tree_diagram import tree_diagram as tree_diagram
    from course_lib.plots.variational_diagram import variational_diagram as variational_diagram
